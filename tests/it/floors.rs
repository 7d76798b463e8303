//! Imports point down: a room uses only rooms on lower floors.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, as the crate's documentation draws them.
const FLOORS: [&[&str]; 7] = [
    &["plan", "config", "text"],
    &["catalog", "store", "protocol"],
    &["clouds", "sandbox", "graph", "memory", "files", "packages", "ssh"],
    &["mcp"],
    &["agent", "legislator", "finops", "executor", "regulator"],
    &["session"],
    &["tui", "cli"],
];

/// `config` may name a target, which the paper trail defines.
const SAME_FLOOR_ALLOWED: [(&str, &str); 1] = [("config", "plan")];

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let import = regex::Regex::new(r"crate::([a-z_]+)").unwrap();
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        let Some(floor) = floor_of(&room) else { continue };
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            for found in import.captures_iter(line) {
                let other = &found[1];
                if other == room || SAME_FLOOR_ALLOWED.contains(&(room.as_str(), other)) {
                    continue;
                }
                if floor_of(other).is_some_and(|below| below >= floor) {
                    wrong.push(format!(
                        "{}:{}: {room} (floor {floor}) uses {other}",
                        relative.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not point down:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_stands_on_a_floor() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rooms: BTreeMap<&str, Option<usize>> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(|room| (room, floor_of(room)))
        .collect();
    let homeless: Vec<_> = rooms.iter().filter(|(_, floor)| floor.is_none()).collect();
    assert!(homeless.is_empty(), "rooms without a floor: {homeless:?}");
    assert!(rooms.len() > 15);
}
