//! The main job through the real screen: a pseudo-terminal, keys, and what a person would see.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::made_up::botocore;
use crate::program::{BUCKET, json_of};

const PATIENCE: Duration = Duration::from_secs(60);

struct Terminal {
    parser: vt100::Parser,
    bytes: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Vec<u8>,
}

impl Terminal {
    fn open(home: &Path, args: &[&str], columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_provisioner"));
        command.arg("--home");
        command.arg(home);
        command.args(args);
        command.env("TERM", "xterm-256color");
        for (name, _) in std::env::vars() {
            if name.starts_with("AWS_") || name.starts_with("PROVISIONER_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (tell, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || tell.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes,
            keys,
            master: pair.master,
            child,
            seen: Vec::new(),
        }
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Takes in what comes until the screen shows it.
    fn wait_for(&mut self, wanted: &str) {
        self.wait_until(wanted, |screen| screen.contains(wanted));
    }

    fn wait_until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !holds(&self.screen()) {
            assert!(begun.elapsed() < PATIENCE, "`{what}` never came; the screen is\n{}", self.screen());
            self.take_in(Duration::from_millis(50));
        }
    }

    fn take_in(&mut self, patience: Duration) {
        if let Ok(bytes) = self.bytes.recv_timeout(patience) {
            self.parser.process(&bytes);
            self.seen.extend(bytes);
        }
    }

    fn settle(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.take_in(Duration::from_millis(20));
        }
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn say(&mut self, words: &str) {
        self.keys(words);
        // A burst of keys that ends with Enter is taken for a paste; a person pauses.
        self.settle(Duration::from_millis(150));
        self.keys("\r");
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    fn ended(&mut self) {
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "it does not end; the screen is\n{}", self.screen());
            self.take_in(Duration::from_millis(50));
        }
        self.settle(Duration::from_millis(200));
    }

    fn quit(&mut self) {
        self.say("/quit");
        self.ended();
    }

    /// Opens the review deliberately, reads to the end, chooses to approve, and confirms.
    fn approve(&mut self) {
        self.keys("\t");
        self.wait_for("Approve");
        self.settle(Duration::from_millis(600));
        self.keys("\x1b[F");
        self.settle(Duration::from_millis(200));
        self.keys("\t");
        self.wait_for("▸ Approve");
        self.keys("\r");
    }
}

fn cells(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}

#[test]
fn a_person_asks_reviews_approves_quits_and_finds_it_again() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 100, 30);
    terminal.wait_for("SANDBOX");
    terminal.say(BUCKET);
    terminal.wait_for("PutBucketTagging");
    terminal.wait_for("your decision");
    terminal.approve();
    terminal.wait_for("succeeded");
    terminal.quit();
    let history = json_of(home.path(), &["history", "list", "--json"], 0);
    assert_eq!(history[0]["status"], "succeeded", "{history}");
    assert_eq!(history[0]["succeeded"], 4, "{history}");

    let sessions = json_of(home.path(), &["sessions", "list", "--json"], 0);
    let id = sessions[0]["id"].as_str().unwrap().to_owned();
    let mut again = Terminal::open(home.path(), &["resume", &id], 100, 30);
    again.wait_for("demo-logs");
    again.wait_for("succeeded");
    again.quit();
}

#[test]
fn an_update_of_the_catalogs_draws_a_bar_and_takes_it_away() {
    let (dir, wheels) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    botocore(wheels.path(), "1.0.0", &["one", "two", "three"]);
    let from = wheels.path().to_str().unwrap();
    let mut terminal =
        Terminal::open(dir.path(), &["catalog", "update", "--cloud", "aws", "--from", from], 100, 30);
    terminal.ended();
    let (seen, screen) = (String::from_utf8_lossy(&terminal.seen).into_owned(), terminal.screen());
    assert!(seen.contains("aws: compiling botocore 1.0.0") && seen.contains("/3"), "{seen}");
    assert!(!screen.contains("compiling") && screen.contains("--undo"), "{screen}");
}

#[test]
fn the_terminal_is_given_back_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 80, 24);
    terminal.wait_for("SANDBOX");
    terminal.quit();
    let seen = String::from_utf8_lossy(&terminal.seen).into_owned();
    for (on, off) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?2004h", "\x1b[?2004l")] {
        assert!(seen.contains(on), "{on:?} was never sent");
        assert!(seen.rfind(off) > seen.rfind(on), "{off:?} must follow");
    }
    assert!(!terminal.parser.screen().alternate_screen() && !terminal.parser.screen().hide_cursor());
}

#[test]
fn keys_typed_while_a_plan_appears_decide_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 100, 30);
    terminal.wait_for("SANDBOX");
    terminal.say(BUCKET);
    terminal.keys("yp1 y");
    terminal.wait_for("PutBucketTagging");
    terminal.keys("yyaa1");
    terminal.settle(Duration::from_millis(500));
    terminal.keys("\x03");
    terminal.settle(Duration::from_millis(200));
    terminal.quit();
    let history = json_of(home.path(), &["history", "list", "--json"], 0);
    assert_eq!(history, serde_json::json!([]), "nothing ran");
}

/// A model that says a few words and then nothing more, for as long as the test lasts.
fn model_that_stalls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 65536];
            if stream.read(&mut request).is_err() {
                continue;
            }
            let chunk = serde_json::json!({"choices": [{"index": 0, "delta": {"content": "Let me think about your wish "}}]});
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            drop(write!(stream, "{head}data: {chunk}\n\n"));
            held.push(stream);
        }
    });
    port
}

#[test]
fn who_quits_in_the_middle_of_an_answer_loses_none_of_their_words() {
    let home = tempfile::tempdir().unwrap();
    let settings =
        format!("model: {{name: stalls, base_url: \"http://127.0.0.1:{}/v1\"}}\n", model_that_stalls());
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    std::fs::write(home.path().join("config/settings.yaml"), settings).unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 100, 30);
    terminal.wait_for("SANDBOX");
    terminal.say("a bucket for the drafts please");
    terminal.wait_for("Let me think");
    terminal.quit();
    let sessions = json_of(home.path(), &["sessions", "list", "--json"], 0);
    assert_eq!(sessions[0]["name"], "a bucket for the drafts please", "{sessions}");
    let id = sessions[0]["id"].as_str().unwrap();
    let session = json_of(home.path(), &["sessions", "show", id, "--json"], 0);
    assert!(session.to_string().contains("a bucket for the drafts please"), "{session}");
}

#[test]
fn a_tiny_window_says_so_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 80, 24);
    terminal.wait_for("SANDBOX");
    terminal.keys("half a thou");
    terminal.settle(Duration::from_millis(200));
    terminal.resize(20, 5);
    terminal.settle(Duration::from_millis(500));
    terminal.resize(80, 24);
    terminal.wait_for("half a thou");
    terminal.child.kill().unwrap();
    terminal.ended();
    let mut again = Terminal::open(home.path(), &[], 80, 24);
    again.wait_for("half a thou");
    again.keys("\x03");
    again.settle(Duration::from_millis(200));
    again.quit();
}

/// Draws the screen of the README anew: `cargo test --test it -- --ignored picture`.
#[test]
#[ignore = "writes assets/screen.svg; run it when the screen has changed"]
fn the_picture_of_the_readme_is_drawn_from_the_real_screen() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), &[], 110, 30);
    terminal.wait_for("SANDBOX");
    terminal.say(BUCKET);
    terminal.wait_for("your decision");
    terminal.settle(Duration::from_millis(300));
    let picture = provisioner::tui::svg(&cells_of(terminal.parser.screen()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    std::fs::write(path, picture).unwrap();
    terminal.quit();
}

/// The cells of the terminal, as the screen's own code draws them.
fn cells_of(screen: &vt100::Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns.into(), rows.into()));
    for row in 0..u16::from(rows) {
        for column in 0..u16::from(columns) {
            let (Some(from), Some(to)) = (screen.cell(row, column), buffer.cell_mut((column, row))) else {
                continue;
            };
            if from.has_contents() {
                to.set_symbol(from.contents());
            }
            if let vt100::Color::Idx(index) = from.fgcolor() {
                to.fg = Color::Indexed(index);
                to.fg = NAMED.get(usize::from(index)).copied().unwrap_or(to.fg);
            }
            for (on, modifier) in [
                (from.bold(), Modifier::BOLD),
                (from.dim(), Modifier::DIM),
                (from.inverse(), Modifier::REVERSED),
            ] {
                if on {
                    to.modifier.insert(modifier);
                }
            }
        }
    }
    buffer
}

/// The sixteen colours of a terminal by their numbers.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];
