//! Attacks on the file room, and its everyday use.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use pretty_assertions::assert_eq;

use super::{Edit, FileError, FileKind, FileRoom, Lines, RootSpec};

/// A room over `inside`, with `outside` beside it that must never be seen or touched.
fn room() -> (tempfile::TempDir, FileRoom) {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("inside");
    let outside = dir.path().join("outside");
    fs::create_dir_all(inside.join("deep/er")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(inside.join("a.txt"), "one\ntwo\nthree\n").unwrap();
    fs::write(inside.join("deep/er/b.yaml"), "b: 1\n").unwrap();
    fs::write(outside.join("secret"), "outside").unwrap();
    symlink(&outside, inside.join("out")).unwrap();
    symlink(outside.join("secret"), inside.join("secret")).unwrap();
    symlink("a.txt", inside.join("link.txt")).unwrap();
    let room = FileRoom::open(vec![RootSpec::writable("work", &inside)]).unwrap();
    (dir, room)
}

fn secret(dir: &Path) -> String {
    fs::read_to_string(dir.join("outside/secret")).unwrap()
}

#[test]
fn links_that_lead_outside_are_refused_for_every_use() {
    let (dir, room) = room();
    for path in
        ["work/out/secret", "work/secret", "work/deep/../secret", "work/../outside/secret", "/etc/passwd"]
    {
        assert!(room.read(path, Lines::All).is_err(), "read {path}");
        assert!(room.write(path, "x").is_err(), "write {path}");
        assert!(room.info(path).is_err(), "info {path}");
        assert!(
            room.edit(path, &[Edit { old: "outside".into(), new: "x".into() }], false).is_err(),
            "edit {path}"
        );
        assert!(room.rename("work/a.txt", &format!("{path}/c")).is_err(), "move to {path}");
    }
    assert!(room.list("work/out").is_err());
    assert!(room.create_folder("work/out/new").is_err());
    assert_eq!(secret(dir.path()), "outside");
    assert_eq!(fs::read_dir(dir.path().join("outside")).unwrap().count(), 1);
}

#[test]
fn a_link_that_leads_outside_is_refused_in_words() {
    let (_dir, room) = room();
    let message = room.read("work/out/secret", Lines::All).unwrap_err().to_string();
    assert!(message.contains("leads out of its root"), "{message}");
}

#[test]
fn a_link_that_stays_inside_is_followed() {
    let (_dir, room) = room();
    assert_eq!(room.read("work/link.txt", Lines::Head(1)).unwrap(), "one\n");
}

#[test]
fn a_root_with_a_similar_name_beside_it_is_not_reached() {
    let (dir, room) = room();
    fs::create_dir(dir.path().join("inside-not")).unwrap();
    fs::write(dir.path().join("inside-not/x"), "x").unwrap();
    assert!(room.read("work-not/x", Lines::All).is_err());
}

#[test]
fn pipes_and_devices_are_refused_at_once() {
    let (dir, room) = room();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.path().join("inside/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(matches!(room.read("work/pipe", Lines::All), Err(FileError::Kind { .. })));
    assert!(room.write("work/pipe", "x").is_err());
    assert_eq!(room.info("work/pipe").unwrap().kind, FileKind::Special);
}

#[test]
fn a_folder_swapped_for_a_link_under_a_reader_never_leads_outside() {
    let (dir, room) = room();
    let inside = dir.path().join("inside");
    fs::create_dir(inside.join("swap")).unwrap();
    fs::write(inside.join("swap/secret"), "inside").unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (from, to, outside) = (inside.join("swap"), inside.join("swapped"), dir.path().join("outside"));
    let swapper = std::thread::spawn(move || {
        while stopped.try_recv().is_err() {
            fs::rename(&from, &to).unwrap();
            symlink(&outside, &from).unwrap();
            fs::remove_file(&from).unwrap();
            fs::rename(&to, &from).unwrap();
        }
    });
    for _ in 0..3000 {
        if let Ok(text) = room.read("work/swap/secret", Lines::All) {
            assert_eq!(text, "inside");
        }
    }
    stop.send(()).unwrap();
    swapper.join().unwrap();
    assert_eq!(secret(dir.path()), "outside");
}

#[test]
fn a_large_file_is_read_in_parts() {
    let (dir, room) = room();
    let line = "x".repeat(99) + "\n";
    fs::write(dir.path().join("inside/big"), line.repeat(60_000)).unwrap();
    assert!(matches!(room.read("work/big", Lines::All), Err(FileError::TooLarge { .. })));
    assert_eq!(room.read("work/big", Lines::Head(2)).unwrap().len(), 200);
    assert_eq!(room.read("work/big", Lines::Tail(3)).unwrap().len(), 300);
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let (dir, room) = room();
    fs::write(dir.path().join("inside/bin"), [0xff, 0xfe, 0]).unwrap();
    assert!(matches!(room.read("work/bin", Lines::All), Err(FileError::NotText(_))));
}

#[test]
fn names_and_trees_are_listed_in_order() {
    let (_dir, room) = room();
    let names: Vec<String> = room.tree("work/deep").unwrap().entries.into_iter().map(|e| e.path).collect();
    assert_eq!(names, ["work/deep/er", "work/deep/er/b.yaml"]);
    let found = room.search("work", "**/*.yaml", &[]).unwrap().entries;
    assert_eq!(found.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["work/deep/er/b.yaml"]);
    assert!(room.search("work", "**/*.yaml", &["deep/**".into()]).unwrap().entries.is_empty());
    let top: Vec<String> = room.list(".").unwrap().into_iter().map(|e| e.path).collect();
    assert_eq!(top, ["work"]);
}

#[test]
fn a_missing_root_offers_those_that_exist() {
    let (_dir, room) = room();
    let message = room.list("home").unwrap_err().to_string();
    assert!(message.contains("`home`") && message.contains("work"), "{message}");
}

#[test]
fn an_edit_fits_once_or_nothing_is_written() {
    let (dir, room) = room();
    let edit = |old: &str, new: &str| Edit { old: old.into(), new: new.into() };
    let error = room.edit("work/a.txt", &[edit("one", "1"), edit("t", "T")], false).unwrap_err();
    assert!(error.to_string().contains("edit 2") && error.to_string().contains("2 times"), "{error}");
    assert_eq!(fs::read_to_string(dir.path().join("inside/a.txt")).unwrap(), "one\ntwo\nthree\n");
    let changes = room.edit("work/a.txt", &[edit("two", "2")], false).unwrap();
    assert_eq!(changes, "-two\n+2\n");
    assert_eq!(fs::read_to_string(dir.path().join("inside/a.txt")).unwrap(), "one\n2\nthree\n");
}

#[test]
fn nothing_is_moved_onto_something_that_exists() {
    let (_dir, room) = room();
    assert!(room.rename("work/a.txt", "work/link.txt").is_err());
    room.rename("work/a.txt", "work/c.txt").unwrap();
    assert!(room.info("work/a.txt").is_err());
}

#[test]
fn the_persons_own_rules_win_file_by_file_and_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("own.yaml"), "mine: true\n").unwrap();
    let room = FileRoom::open(vec![RootSpec::rules(Some(dir.path().into()))]).unwrap();
    assert_eq!(room.read("rules/own.yaml", Lines::All).unwrap(), "mine: true\n");
    assert!(room.list("rules").unwrap().len() > 1, "the embedded rules are there too");
    assert!(matches!(room.write("rules/own.yaml", "x"), Err(FileError::ReadOnly(_))));
    assert!(matches!(room.create_folder("rules/x"), Err(FileError::ReadOnly(_))));
    assert!(matches!(room.rename("rules/own.yaml", "rules/b"), Err(FileError::ReadOnly(_))));
}

#[test]
fn an_own_file_that_cannot_be_read_does_not_fall_back_to_the_embedded_one() {
    let dir = tempfile::tempdir().unwrap();
    let embedded = FileRoom::open(vec![RootSpec::rules(None)]).unwrap();
    let name =
        embedded.tree("rules").unwrap().entries.into_iter().find(|e| e.kind == FileKind::File).unwrap().path;
    let own = dir.path().join(name.strip_prefix("rules/").unwrap());
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    symlink("/etc/passwd", &own).unwrap();
    let room = FileRoom::open(vec![RootSpec::rules(Some(dir.path().into()))]).unwrap();
    assert!(room.read(&name, Lines::All).is_err());
}

#[test]
fn a_writable_root_that_reaches_the_rules_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let rules = dir.path().join("config/rules");
    fs::create_dir_all(&rules).unwrap();
    for writable in [dir.path().to_owned(), rules.clone(), dir.path().join("config")] {
        let specs = vec![RootSpec::rules(Some(rules.clone())), RootSpec::writable("w", writable)];
        assert!(matches!(FileRoom::open(specs), Err(FileError::Protected { .. })));
    }
}
