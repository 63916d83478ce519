/** Strikes the calls of a saga, as it is deployed, with everything that may go wrong with one. */
export {
  DEFAULT_MOST,
  explore,
  type Explored,
  type ExploreOptions,
  FaultsError,
  type Finding,
  type Plan,
} from "./explore";
export { UNDONE, type Undone } from "./judge";
export { type Kind, KINDS } from "./kinds";
export { formatFindings, formatPlan, formatVerdict, isSound } from "./print";
export { setUp, type Stage, type StageOptions } from "./stage";
export { type Answers, type Fault, type Scenario, type Setting, type Tried, tryOut } from "./trial";
