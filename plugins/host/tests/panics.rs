//! Panics under load: only the codes of the plugin that panics are denied, the plugin beside it answers every question, and the one
//! that panicked answers again soon. In a child every kind of panic; in this process those that leave it standing.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use kith_plugin_fixtures::{Case, build};
use kith_plugin_host::{Config, Isolated};
use kith_plugin_loader::abi::request_flag::PROBE;
use kith_plugin_loader::{Checked, Instance, OwnedRequest, Parts, Plugin, Request, Rules, Verdict, open};
use support::{ask, patient, start};
use tokio::task::JoinHandle;

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("kith-panics-").tempdir().unwrap()
}

fn fixture(case: Case, folder: &Path) -> Checked {
    let path = build(case, folder);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sealed = open(folder, name, &Rules::standard(64 << 20)).unwrap().seal().unwrap();
    let expected = sealed.measure().unwrap();
    sealed.check(&expected).unwrap()
}

/// The fixtures answer a probe well, and panic at everything else.
fn question(flags: u32) -> OwnedRequest {
    OwnedRequest { flags, permission: "fixture.use".into(), ..OwnedRequest::default() }
}

/// Whether the panic is one that nobody can catch.
fn ends_its_process(case: Case) -> bool {
    matches!(case, Case::PanicsTwice | Case::PanicsAndAborts)
}

/// A panic is never a yes; what was heard of it is its fault's name.
fn is_denied(case: Case, verdict: &Verdict) {
    let heard: &[&str] = if ends_its_process(case) { &["crashed", "unavailable"] } else { &["panicked"] };
    let fault = verdict.fault().map(|fault| fault.name());
    assert!(!verdict.allowed() && fault.is_some_and(|fault| heard.contains(&fault)), "{case:?}: {verdict:?}");
}

/// Tasks that ask again and again until they are told to stop: half of them the plugin beside, which answers every question, half
/// of them the one that panics.
struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Load {
    fn on(case: Case, plugin: &Arc<Isolated>, beside: &Arc<Isolated>) -> Self {
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let task = |number: usize| {
            let (plugin, beside) = (Arc::clone(plugin), Arc::clone(beside));
            let (stop, served) = (Arc::clone(&stop), Arc::clone(&served));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if number.is_multiple_of(2) {
                        let verdict = beside.authorize(ask("ok")).await;
                        assert!(verdict.allowed(), "the plugin beside: {verdict:?}");
                        served.fetch_add(1, Ordering::Relaxed);
                    } else {
                        // Where a panic ends the process, the load is what the plugin does well: denied or answered.
                        if !ends_its_process(case) {
                            is_denied(case, &plugin.authorize(question(0)).await);
                        }
                        let verdict = plugin.authorize(question(PROBE)).await;
                        assert!(verdict.allowed() || verdict.fault().is_some(), "{case:?}: {verdict:?}");
                    }
                    // Time for the others, and no flood of the lines that panics write to the log.
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
            })
        };
        let tasks = (0..8).map(task).collect();
        Self { stop, served, tasks }
    }

    /// Ends it; how many questions the plugin beside answered.
    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.served.load(Ordering::Relaxed)
    }
}

/// Several panics at once, under load; how long until the plugin answers again, and what the plugin beside answered meanwhile.
async fn panic_under_load(case: Case, library: &Checked, beside: &Arc<Isolated>) -> (Duration, u64) {
    let config = Config { breaker_failures: 1000, ..patient() };
    let plugin = Arc::new(Isolated::start(config, library.try_clone().unwrap(), "{}").await.unwrap());
    let load = Load::on(case, &plugin, beside);
    let before = Instant::now();
    let burst: Vec<_> = (0..8)
        .map(|_| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move { plugin.authorize(question(0)).await })
        })
        .collect();
    for one in burst {
        is_denied(case, &one.await.unwrap());
    }
    // The process that ended answers nothing any more: what answers is another one.
    let is_old = || ends_its_process(case) && plugin.stats().generation == 1;
    while is_old() || !plugin.authorize(question(PROBE)).await.allowed() {
        assert!(before.elapsed() < Duration::from_secs(5), "not back: {:?}", plugin.stats());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = before.elapsed();
    let served = load.end().await;
    let stats = plugin.stats();
    assert_eq!((stats.crashes > 0, stats.kills), (ends_its_process(case), 0), "{case:?}: {stats:?}");
    (took, served)
}

/// Back within 100 ms. A machine that is busy with other tests may need several tries to show that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_panic_in_a_child_under_load_denies_its_own_codes_only_and_is_over_soon() {
    let folder = folder();
    let cases = [Case::Panics, Case::PanicsWithSpite, Case::PanicsTwice, Case::PanicsAndAborts];
    let libraries = cases.map(|case| (case, fixture(case, folder.path())));
    let beside = Arc::new(start(patient()).await);
    for (case, library) in &libraries {
        let (mut fastest, mut served) = (Duration::MAX, 0);
        for _ in 0..10 {
            let (took, answered) = panic_under_load(*case, library, &beside).await;
            (fastest, served) = (fastest.min(took), served + answered);
            if fastest < Duration::from_millis(100) {
                break;
            }
        }
        eprintln!("{case:?}: back after {fastest:?}");
        assert!(fastest < Duration::from_millis(100), "{case:?}: back after {fastest:?} at best");
        assert!(served > 0, "there was no load");
    }
    let stats = beside.stats();
    assert_eq!((stats.denials, stats.crashes, stats.kills), (0, 0, 0), "{stats:?}");
}

/// A child is ended, not asked to end: a `Drop` that panics has no say in it, and no request notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn children_whose_drop_panics_come_and_go_under_load_and_no_request_fails() {
    let folder = folder();
    let library = fixture(Case::PanicsInDrop, folder.path());
    let begin = || async { Arc::new(Isolated::start(patient(), library.try_clone().unwrap(), "{}").await.unwrap()) };
    let (current, beside) = (Arc::new(RwLock::new(begin().await)), Arc::new(start(patient()).await));
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (current, beside, stop) = (Arc::clone(&current), Arc::clone(&beside), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut asked = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let plugin = current.read().unwrap().clone();
                    for verdict in [plugin.authorize(question(0)).await, beside.authorize(ask("ok")).await] {
                        assert!(verdict.allowed(), "{verdict:?}");
                    }
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    for _ in 0..30 {
        let next = begin().await;
        drop(std::mem::replace(&mut *current.write().unwrap(), next));
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        assert!(task.await.unwrap() > 0, "there was no load");
    }
    assert_eq!(beside.stats().denials, 0);
}

fn loaded(library: Checked, lines: &Arc<Mutex<Vec<String>>>) -> Plugin {
    let lines = Arc::clone(lines);
    library.load(Box::new(move |_, line| lines.lock().unwrap().push(line.to_owned()))).unwrap()
}

fn decide(instance: &Instance, flags: u32) -> Verdict {
    instance.authorize(&Request::new(&Parts { flags, permission: "fixture.use", ..Parts::default() }))
}

/// Caught, its payload forgotten, denied, and the very next question answered; from several threads at once.
#[test]
fn panics_in_this_process_under_load_are_denials_and_the_plugin_beside_answers_all() {
    let (folder, lines) = (folder(), Arc::default());
    let beside = loaded(fixture(Case::Good, folder.path()), &lines).create("{}").unwrap();
    for case in [Case::Panics, Case::PanicsWithSpite] {
        let instance = loaded(fixture(case, folder.path()), &lines).create("{}").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        is_denied(case, &decide(&instance, 0));
                        assert!(decide(&instance, PROBE).allowed());
                    }
                });
                scope.spawn(|| {
                    for _ in 0..2000 {
                        assert!(decide(&beside, 0).allowed());
                    }
                });
            }
        });
    }
}

/// Instances whose `Drop` panics come and go, while others of the same plugin and of another one are asked.
#[test]
fn panics_in_drop_in_this_process_under_load_end_with_the_drop() {
    let (folder, lines) = (folder(), Arc::default());
    let plugin = loaded(fixture(Case::PanicsInDrop, folder.path()), &lines);
    let kept = plugin.create("{}").unwrap();
    let beside = loaded(fixture(Case::Good, folder.path()), &lines).create("{}").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let instance = plugin.create("{}").unwrap();
                    assert!(decide(&instance, 0).allowed());
                    drop(instance);
                }
            });
            scope.spawn(|| {
                for _ in 0..2000 {
                    assert!(decide(&kept, 0).allowed() && decide(&beside, 0).allowed());
                }
            });
        }
    });
    let panicked =
        lines.lock().unwrap().iter().filter(|line| line.contains("a fixture that panics when it ends")).count();
    assert_eq!(panicked, 800, "each drop panicked");
}
