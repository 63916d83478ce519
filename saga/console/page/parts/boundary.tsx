import { Component, type ComponentChildren } from "preact";
import { messageOf } from "../api";

interface Props {
  readonly children: ComponentChildren;
}

interface State {
  readonly problem?: string;
}

/** If a view fails, its error is shown in its place, and the rest of the page still works. */
export class Boundary extends Component<Props, State> {
  static override getDerivedStateFromError(error: unknown): State {
    return { problem: messageOf(error) };
  }

  override render({ children }: Props, { problem }: State): ComponentChildren {
    if (problem === undefined) return children;
    return (
      <section class="panel">
        <h1>This can&apos;t be shown</h1>
        <p class="problem" role="alert">
          {problem}
        </p>
      </section>
    );
  }
}
