//! Changing versions a thousand times under load: no failed request, no operation that sees two generations, bounded memory and
//! descriptors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kith::permissions::arbiter::{Ask, Said};
use kith::plugins::registry::Wanted;

use super::kit::Kit;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_reloads_under_load() {
    let kit = Kit::start().await;
    // In process, where a change costs microseconds, so that a thousand are not about starting processes.
    for seq in [1, 2] {
        kit.folder().small_in_process(seq, &[]);
        kit.look().await;
    }
    kit.subscribe("small").await;
    let actor = super::using::actor(&kit.app, &kit.owner).await;
    let number = kith::permissions::catalogue::by_code("small.use").unwrap().number;
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (stop, asked, actor, now) = (Arc::clone(&stop), Arc::clone(&asked), Arc::clone(&actor), kit.app.now());
            let sets = Arc::clone(&kit.app.door.sets);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    // One operation: it takes its generation once, and asks several times.
                    let arbiter = sets.bench.current();
                    let mut said = Vec::new();
                    for _ in 0..4 {
                        let ask = Ask::of(&actor, &actor.seats[0], number, None, now);
                        let ruling = arbiter.rule_one(ask).await.unwrap();
                        assert_eq!(ruling.generation, arbiter.generation());
                        assert_eq!(ruling.words.len(), 1);
                        assert_eq!(ruling.words[0].said, Said::Allow, "{:?}", ruling.words);
                        said.push((ruling.words[0].by.version.clone(), ruling.words[0].reason_code));
                        tokio::task::yield_now().await;
                    }
                    assert!(said.iter().all(|one| *one == said[0]), "two versions in one operation: {said:?}");
                    asked.fetch_add(4, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let wanted = |seq| {
        [Wanted {
            id: "small".to_owned(),
            seq,
            previous: Some(3 - seq),
            high_water: 1,
            installed: true,
            advises: Vec::new(),
        }]
    };
    for round in 0..20_u64 {
        assert!(kit.keeper.plugins.follow(&wanted(2 - round % 2), true).await);
    }
    let (files, memory) = (descriptors(), resident_kib());
    for round in 0..1000_u64 {
        assert!(kit.keeper.plugins.follow(&wanted(2 - round % 2), true).await, "{round}");
    }
    stop.store(true, Ordering::Relaxed);
    for one in load {
        one.await.unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 1000, "there was no load");
    let (files_after, memory_after) = (descriptors(), resident_kib());
    assert!(files_after <= files + 8, "{files} descriptors became {files_after}");
    assert!(memory_after < memory + 32 * 1024, "{memory} KiB became {memory_after}");
    kit.stop().await;
}
