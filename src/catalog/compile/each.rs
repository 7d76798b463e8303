//! Many parts of a package, compiled on as many threads as there are processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::CompileError;

/// Is told how many of how many parts are compiled, from several threads.
pub type Watch<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A part of a package that says something that is not understood. What stands beside it is compiled all the same.
#[derive(Debug)]
pub struct Unread {
    /// A service of AWS, a module of OCI, a package of Azure.
    pub part: String,
    /// What is not understood, and where.
    pub reason: CompileError,
}

/// What was compiled, in the order of the parts, and the parts that were not understood.
pub(super) type Parts<R> = (Vec<R>, Vec<Unread>);

/// Compiles each part. What cannot be read ends it; so does it when no part is understood.
pub(super) fn each<T: Sync, R: Send>(
    parts: &[T],
    name: impl Fn(&T) -> &str,
    watch: Watch<'_>,
    work: impl Fn(&T) -> Result<R, CompileError> + Sync,
) -> Result<Parts<R>, CompileError> {
    let (next, done, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<(usize, Result<R, CompileError>)>> = Mutex::new(Vec::new());
    let one_thread = || {
        while !broken.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else { return };
            let result = work(part);
            broken.fetch_or(result.as_ref().is_err_and(|e| !e.is_of_one_part()), Ordering::Relaxed);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
            watch(done.fetch_add(1, Ordering::Relaxed) + 1, parts.len());
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(parts.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(one_thread);
        }
        one_thread();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    let (mut compiled, mut unread) = (Vec::new(), Vec::new());
    for (at, result) in results {
        match result {
            Ok(part) => compiled.push(part),
            Err(reason) if reason.is_of_one_part() => {
                let part = parts.get(at).map(&name).unwrap_or_default().to_owned();
                unread.push(Unread { part, reason });
            }
            Err(reason) => return Err(reason),
        }
    }
    match unread.pop() {
        Some(last) if compiled.is_empty() => Err(unread.into_iter().next().unwrap_or(last).reason),
        last => {
            unread.extend(last);
            Ok((compiled, unread))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(part: &str) -> CompileError {
        CompileError::Model { file: part.into(), place: "x".into(), reason: "y".into() }
    }

    fn run(
        parts: &[String],
        work: impl Fn(&str) -> Result<String, CompileError> + Sync,
    ) -> Result<Parts<String>, CompileError> {
        each(parts, |part| part.as_str(), &|_, _| {}, |part| work(part))
    }

    fn numbers(count: usize) -> Vec<String> {
        (0..count).map(|n| n.to_string()).collect()
    }

    #[test]
    fn results_stand_in_the_order_of_the_parts_and_every_part_is_told() {
        let (parts, told) = (numbers(100), Mutex::new(Vec::new()));
        let tell = |done, of| told.lock().unwrap().push((done, of));
        let (done, unread) = each(&parts, |part| part.as_str(), &tell, |part| Ok(part.clone())).unwrap();
        assert!(done == parts && unread.is_empty());
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, (1..=100).map(|done| (done, 100)).collect::<Vec<_>>());
    }

    #[test]
    fn a_part_that_is_not_understood_is_named_and_keeps_nothing_else_away() {
        let work = |part: &str| if part == "3" { Err(odd(part)) } else { Ok(part.to_owned()) };
        let (done, unread) = run(&numbers(6), work).unwrap();
        assert_eq!(done, ["0", "1", "2", "4", "5"]);
        assert_eq!((unread.len(), unread[0].part.as_str()), (1, "3"));
        let error = run(&numbers(3), |part| Err(odd(part))).unwrap_err();
        assert!(error.to_string().starts_with("0: "), "{error}");
    }

    #[test]
    fn what_cannot_be_read_ends_it() {
        let begun = AtomicUsize::new(0);
        let result = run(&numbers(1000), |part| {
            begun.fetch_add(1, Ordering::Relaxed);
            if part == "3" { Err(CompileError::Empty("x".into())) } else { Ok(String::new()) }
        });
        assert!(matches!(result, Err(CompileError::Empty(_))));
        assert!(begun.load(Ordering::Relaxed) < 1000);
    }
}
