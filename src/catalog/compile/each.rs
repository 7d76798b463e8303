//! Many parts, compiled on as many threads as there are processors.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::CompileError;

/// Is told how many of how many parts are compiled, from several threads.
pub type Watch<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Compiles each part; the results stand in the order of the parts. After an error the remaining parts are left aside.
pub(super) fn each<T: Sync, R: Send>(
    parts: &[T],
    watch: Watch<'_>,
    work: impl Fn(&T) -> Result<R, CompileError> + Sync,
) -> Result<Vec<R>, CompileError> {
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<(usize, Result<R, CompileError>)>> = Mutex::new(Vec::new());
    let one_thread = || {
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else { return };
            let result = work(part);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
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
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_parts_and_every_part_is_told() {
        let (parts, told) = ((0..100).collect::<Vec<usize>>(), Mutex::new(Vec::new()));
        let doubled =
            each(&parts, &|done, of| told.lock().unwrap().push((done, of)), |part| Ok(part * 2)).unwrap();
        assert_eq!(doubled, (0..100).map(|n| n * 2).collect::<Vec<usize>>());
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, (1..=100).map(|done| (done, 100)).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_it() {
        let parts: Vec<usize> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let result = each(&parts, &|_, _| {}, |part| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *part == 3 { Err(CompileError::Empty("x".into())) } else { Ok(()) }
        });
        assert!(result.is_err());
        assert!(begun.load(Ordering::Relaxed) < 1000);
    }
}
