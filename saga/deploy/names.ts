/**
 * The name of a resource of a task's function. In a terminal of 80 columns Pulumi shows about 27 characters of a name, so the
 * distinguishing part comes first and the component's name last.
 */
export function nameOfPart(task: string, part: string, component: string): string {
  return `${task}-${part}-${component}`;
}
