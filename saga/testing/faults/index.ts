/** Injects every kind of fault into every call of a saga in its deployed form. */
export { type Capacity, capacityFor, poolOf } from "./capacity";
export {
  DEFAULT_MOST,
  explore,
  type Explored,
  type ExploreOptions,
  FaultsError,
  type Finding,
  type Plan,
  type Progress,
} from "./explore";
export { UNDONE, type Undone } from "./judge";
export { type Kind, KINDS } from "./kinds";
export { formatFindings, formatPlan, formatVerdict, isSound } from "./print";
export { setUp, setUpStages, type Stage, type StageOptions } from "./stage";
export { type Answers, type Fault, type Scenario, type Setting, type Tried, tryOut } from "./trial";
