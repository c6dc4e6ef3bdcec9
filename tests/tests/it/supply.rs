//! What Airlock is built from: pinned, and free of unsafe code of its own. `deny.toml` says what crates may be.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The names in `members` of the workspace.
pub fn members() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let list = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every Rust file below a folder of the workspace.
pub fn sources(folder: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false if entry.path().extension().is_some_and(|extension| extension == "rs") => {
                    found.push(entry.path())
                }
                false => {}
            }
        }
    }
    found
}

/// The compiler refuses unsafe code, unless a crate does without the lint or a place is let off.
#[test]
fn every_crate_of_ours_keeps_to_the_lint_against_unsafe() {
    let lint = ["unsafe", "code"].join("_"); // not to be found here
    assert!(read("Cargo.toml").contains(&format!("\n{lint} = \"deny\"\n")));
    let mut files = Vec::new();
    for member in members() {
        assert!(read(&format!("{member}/Cargo.toml")).contains("\n[lints]\nworkspace = true\n"), "{member}");
        files.extend(sources(&member));
    }
    assert!(files.len() > 60, "{}", files.len());
    for file in files {
        assert!(!fs::read_to_string(&file).unwrap().contains(&lint), "{}", file.display());
    }
}

/// A longer room is two. Tables of texts have a line for each text, however many there are.
#[test]
fn no_file_is_longer_than_600_lines() {
    for file in members().iter().flat_map(|member| sources(member)) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600 || file.parent().unwrap().ends_with("texts"), "{}: {lines}", file.display());
    }
}

/// All that is random comes through `ports::Rng`, which has nothing behind it but the platform's own.
#[test]
fn randomness_comes_from_the_platform_alone() {
    let manifest = read("core/Cargo.toml");
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    assert!(dependencies.contains("argon2") && !dependencies.contains("rand"), "the core cannot make any of its own");
    for shipped in ["platform/src/lib.rs", "cli/src/world.rs"] {
        let source = read(shipped);
        let (_, filled) = source.split_once("fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {\n").unwrap();
        assert!(filled.trim_start().starts_with("getrandom::fill(bytes).map_err(Fault::new)\n"), "{shipped}");
        assert_eq!(source.matches("fn fill(").count(), 1, "{shipped}");
    }
}

/// A statement's text is `&'static str`: what was put together as the program runs does not compile, unless it is leaked.
#[test]
fn no_sql_is_put_together_from_text() {
    assert!(read("core/src/ports.rs").contains("\n    pub sql: &'static str,\n"));
    for folder in ["core/src", "platform/src"] {
        for file in sources(folder) {
            // Texts are read as the program runs, and nothing else is.
            let (texts, source) = (file.ends_with("texts/data.rs"), fs::read_to_string(&file).unwrap());
            assert!(!source.contains(if texts { "Statement" } else { "leak(" }), "{}", file.display());
        }
    }
}

/// Whether it names one version.
fn exact(version: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
    version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(plain)
}

#[test]
fn every_dependency_and_tool_is_pinned() {
    let lock = read("Cargo.lock");
    let packages: Vec<&str> = lock.split("[[package]]\n").skip(1).collect();
    let ours = members().len();
    let field = |name: &str| packages.iter().filter(|package| package.contains(&format!("\n{name} = \""))).count();
    assert_eq!(packages.len() - field("checksum"), ours, "what is not ours has a checksum");
    let crates_io = "\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    assert_eq!(packages.iter().filter(|package| package.contains(crates_io)).count(), packages.len() - ours);

    let package: Json = serde_json::from_str(&read("package.json")).unwrap();
    assert!(package.get("dependencies").is_none(), "nothing of npm is shipped");
    for (name, version) in package["devDependencies"].as_object().unwrap() {
        assert!(exact(version.as_str().unwrap()), "{name} {version}");
    }
    let lock: Json = serde_json::from_str(&read("package-lock.json")).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    assert!(packages.len() > 30);
    for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
        assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{path}");
        assert!(package.get("resolved").is_none(), "{path} names the registry it was fetched from");
    }

    for file in ["dev/requirements.txt", "tests/apps/requirements.txt", "tests/apps/all-requirements.txt"] {
        let requirements = read(file);
        let requirements: Vec<&str> = requirements.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(requirements.len() > 10, "{file}");
        for line in requirements {
            let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("{line}"));
            assert!(!name.is_empty() && exact(version), "{line}");
        }
    }

    let tools = read("dev/tools.sh");
    let versions: Vec<_> = tools.lines().filter_map(|line| line.split_once("_VERSION=")).collect();
    assert!(versions.len() >= 3);
    for (name, version) in versions {
        assert!(exact(version.split(' ').next().unwrap()), "{name} {version}");
    }
    assert!(tools.contains("npm ci ") && tools.contains("--version \"=$version\""), "as the lock files and these say");
}

/// Only who has a binding to the jobs Worker reaches it: it answers to no name, and starts working for whoever asks.
#[test]
fn the_jobs_worker_has_no_address() {
    let file = read("jobs/wrangler.toml");
    for line in ["\nworkers_dev = false\n", "\npreview_urls = false\n"] {
        assert!(file.contains(line), "{line}");
    }
    let routed =
        |line: &str| ["route", "custom_domain", "[[routes", "[route"].iter().any(|word| line.starts_with(word));
    assert!(!file.lines().any(|line| routed(line.trim_start())));
    let bound = |file: &str| read(file).contains("[[services]]\nbinding = \"JOBS\"\nservice = \"airlock-jobs\"\n");
    assert!(bound("wrangler.toml") && bound("admin/wrangler.toml"));
}

/// By default Cloudflare keeps a line for each request with its URL: of an invitation, the link that opens it.
#[test]
fn the_platform_keeps_no_log_of_addresses() {
    for file in ["wrangler.toml", "admin/wrangler.toml", "jobs/wrangler.toml"] {
        assert!(read(file).contains("\n[observability]\nenabled = true\n"), "{file}");
        assert!(read(file).contains("\nlogs = { enabled = true, invocation_logs = false }\n"), "{file}");
    }
}
