import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { freePort, startServer } from "./processes";
import { Unavailable } from "../peers";

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  end(): Promise<void>;
}

const DEBIAN = "/usr/lib/postgresql";

/** The folder with this machine's `initdb` and `postgres`. */
function binaries(): string | undefined {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...debian.map((version) => join(DEBIAN, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  return folders.find((folder) =>
    ["initdb", "postgres"].every((name) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

export function versionOfPostgres(): string | undefined {
  const folder = binaries();
  return folder && execFileSync(join(folder, "postgres"), ["--version"], { encoding: "utf8" }).trim();
}

/** The user that PostgreSQL runs as. It refuses root. */
function account(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (flag: string, name: string) =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: id("-u", name), gid: id("-g", name) };
    } catch {
      // There is no such user.
    }
  }
  throw new Unavailable("PostgreSQL refuses root, and there is neither a user 'postgres' nor 'nobody'");
}

/**
 * Starts a PostgreSQL with its default settings, so it syncs each commit to the disk.
 * @param folder The folder for its cluster
 */
export async function startPostgres(folder: string): Promise<Postgres> {
  const bin = binaries();
  if (bin === undefined) throw new Unavailable("this machine has no PostgreSQL: no initdb and postgres on the PATH");
  const as = account();
  const home = join(folder, "postgres");
  mkdirSync(home, { mode: 0o700 });
  const secret = join(home, "password");
  const password = randomBytes(16).toString("hex");
  writeFileSync(secret, password, { mode: 0o600 });
  if (as.uid !== undefined && as.gid !== undefined) for (const path of [home, secret]) chownSync(path, as.uid, as.gid);
  const data = join(home, "data");
  const user = "bench";
  const init = [
    "-D",
    data,
    "-U",
    user,
    "-A",
    "scram-sha-256",
    "--pwfile",
    secret,
    "--no-sync",
    "-E",
    "UTF8",
    "--locale=C",
  ];
  try {
    execFileSync(join(bin, "initdb"), init, { ...as, cwd: home, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    throw new Unavailable(`initdb makes no cluster: ${(error as Error).message}`);
  }
  rmSync(secret);
  const port = await freePort();
  const listen = ["-h", "127.0.0.1", "-p", String(port), "-k", ""];
  const server = startServer(join(bin, "postgres"), ["-D", data, ...listen], { ...as, cwd: home });
  // The last line of this file contains the status.
  await server.until(() => readFileSync(join(data, "postmaster.pid"), "utf8").includes("ready"));
  // The data is discarded, so an orderly shutdown is not worth the wait.
  return { host: "127.0.0.1", port, user, password, end: () => server.end("SIGQUIT") };
}
