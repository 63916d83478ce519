import { render } from "preact";
import { useEffect } from "preact/hooks";
import "./app.css";
import { nameOf } from "./format";
import { followAddress, type Route, route } from "./route";
import { announcement, begin, problem, session } from "./state/console";
import { Boundary } from "./parts/boundary";
import { followFilter } from "./state/executions";
import { followClock, followRecovery } from "./state/execution";
import { connected, followServer } from "./state/live";
import { Execution } from "./views/execution";
import { Open } from "./views/open";
import { Saga } from "./views/saga";
import { Sagas } from "./views/sagas";

function App() {
  const shown = route.value;
  const title = titleOf(shown);
  useEffect(() => {
    document.title = `${title} · saga console`;
  }, [title]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        To the content
      </a>
      <header class="top">
        <a href="#/" class="wordmark">
          saga
        </a>
        <nav aria-label="Main">
          <a href="#/" aria-current={shown.view === "open" ? undefined : "page"}>
            Sagas
          </a>
          <a href="#/open" aria-current={shown.view === "open" ? "page" : undefined}>
            Open a history
          </a>
        </nav>
        <Target />
      </header>
      <main id="main" tabIndex={-1}>
        {problem.value !== undefined && shown.view !== "open" ? (
          <p class="problem panel" role="alert">
            {problem.value}
          </p>
        ) : (
          <Boundary key={JSON.stringify({ ...shown, at: 0 })}>
            <View />
          </Boundary>
        )}
      </main>
      <p class="hidden" role="status">
        {announcement.value}
      </p>
    </>
  );
}

function titleOf(shown: Route): string {
  switch (shown.view) {
    case "sagas":
      return "Sagas";
    case "saga":
      return shown.name;
    case "execution":
      return nameOf(shown.arn);
    case "open":
      return "Open a history";
  }
}

function View() {
  const shown = route.value;
  if (shown.view === "open") return <Open />;
  if (!session.value) return <p class="empty">Loading…</p>;
  if (shown.view === "saga") return <Saga name={shown.name} />;
  if (shown.view === "execution") return <Execution key={shown.arn} arn={shown.arn} />;
  return <Sagas />;
}

/** The console's target, and whether the page is connected. */
function Target() {
  const found = session.value;
  if (!found) return null;
  const { kind, name, region } = found.target;
  return (
    <p class="target">
      <span class={connected.value ? "dot dot-on" : "dot"} aria-hidden="true" />
      <span>{kind === "local" ? "this machine" : kind}</span>{" "}
      <span class="note">
        {name}
        {region !== undefined && kind !== "local" ? `, ${region}` : ""}
      </span>
      {!found.writable && <span class="tag">read-only</span>}
      {!connected.value && <span class="tag">not connected</span>}
    </p>
  );
}

followAddress();
followFilter();
followServer();
followClock();
followRecovery();
void begin();
render(<App />, document.getElementById("app") as HTMLElement);
