/**
 * The name of what belongs to a task's function. In a terminal of 80 columns, Pulumi shows some 27 characters of a name: so
 * what tells one from another comes first, and the component's name, which tells two components apart, last.
 */
export function nameOfPart(task: string, part: string, component: string): string {
  return `${task}-${part}-${component}`;
}
