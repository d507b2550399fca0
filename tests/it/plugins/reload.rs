//! Changing versions a thousand times under load: no failed request, no operation that sees two generations, bounded memory and
//! descriptors. A thousand times where it costs microseconds; two hundred times by an operator's mutations, with the table, the
//! folder and GraphQL on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kith::permissions::arbiter::{Ask, Said};
use kith::plugins::Settings;
use kith::plugins::registry::Wanted;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::kit::{Folder, Kit, until};
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

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

/// A staff member about itself, the main account about its staff, the service about its own code: each several times in one
/// operation.
const BY_STAFF: &str = r#"{
    a: explain(input: { permission: "small.use" }) { allowed denial { reason } }
    b: explain(input: { permission: "small.use" }) { allowed denial { reason } }
    c: explain(input: { permission: "small.use" }) { allowed denial { reason } } }"#;
const BY_OWNER: &str =
    "query($one: AuthorizeInput!, $all: [AuthorizeInput!]!) { a: authorizeAll(inputs: $all) { decision reason }
    b: authorize(input: $one) { decision reason } c: authorizeAll(inputs: $all) { decision reason } }";

/// What each decision of an answer says: a yes, or the reason of a no.
fn decisions(data: &Value) -> Vec<String> {
    let fields = data.as_object().unwrap().values();
    let all = fields.flat_map(|field| field.as_array().map_or_else(|| vec![field], |list| list.iter().collect()));
    let word = |one: &Value| match one["decision"] == true || one["allowed"] == true {
        true => "yes".to_owned(),
        false => one["reason"].as_str().or(one["denial"]["reason"].as_str()).unwrap_or("no reason").to_owned(),
    };
    all.map(word).collect()
}

/// Asks until it is told to stop; how many answers were the first release's and how many the second's.
fn asking(
    kit: &Arc<Kit>,
    token: &str,
    query: &'static str,
    variables: &Value,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<[u64; 2]> {
    let (kit, stop, token, variables) = (Arc::clone(kit), Arc::clone(stop), token.to_owned(), variables.clone());
    tokio::spawn(async move {
        let mut answers = [0, 0];
        while !stop.load(Ordering::Relaxed) {
            let answer = kit.app.run(Some(&token), query, variables.clone()).await;
            assert!(answer.0.get("errors").is_none(), "a failed request: {answer:?}");
            let said = decisions(&answer.0["data"]);
            assert!(said.iter().all(|one| *one == said[0]), "two generations in one operation: {said:?}");
            match said[0].as_str() {
                "yes" => answers[0] += 1,
                "PLUGIN_DENIED" => answers[1] += 1,
                other => panic!("{other}: {answer:?}"),
            }
        }
        answers
    })
}

/// A token that the small service asks with.
async fn service_token(kit: &Kit) -> String {
    let issue = "mutation($input: IssueServiceTokenInput!) {
        issueServiceToken(input: $input) { token userErrors { code } } }";
    let input = json!({ "shopId": kit.shop, "serviceId": "small", "label": "till" });
    let made = kit.app.ok(&kit.owner, issue, json!({ "input": input })).await;
    made["issueServiceToken"]["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// Two releases, of which the first allows and the second denies, promoted and gone back from by turns.
async fn changed_by_mutations(release: impl Fn(&Folder, u64, &[&str]), rounds: usize) {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 12).await;
    let folder = Folder::new();
    // It is about generations, not about a busy machine's time slices.
    let (deadline, hard_deadline) = (Duration::from_secs(5), Duration::from_secs(10));
    let settings = Settings { deadline, hard_deadline, ..folder.settings() };
    let kit = Arc::new(Kit::with(app, folder, settings).await);
    release(kit.folder(), 1, &[]);
    kit.look().await;
    release(kit.folder(), 2, &["-DDENY"]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    assert_eq!(kit.grant(&clerk, "small.use", json!(null)).await.user_error("grantPermission"), "");
    let (operator, service) = (kit.operator().await, service_token(&kit).await);

    let one = json!({ "subAccountId": clerk.id, "permission": "small.use" });
    let many = json!({ "one": one, "all": vec![one.clone(); 5] });
    let stop = Arc::new(AtomicBool::new(false));
    let load = [
        asking(&kit, &clerk.token, BY_STAFF, &json!({}), &stop),
        asking(&kit, &clerk.token, BY_STAFF, &json!({}), &stop),
        asking(&kit, &kit.owner.token, BY_OWNER, &many, &stop),
        asking(&kit, &service, BY_OWNER, &many, &stop),
    ];
    let change = async |rounds: usize| {
        for round in 0..rounds {
            for mutation in ["promotePlugin", "rollbackPlugin"] {
                assert_eq!(kit.manage(&operator, mutation, "small").await, "", "{mutation}, {round}");
            }
        }
    };
    // What is kept from the first time on: connections, threads, look-ups.
    change(10).await;
    let (files, memory) = (descriptors(), resident_kib());
    change(rounds).await;
    stop.store(true, Ordering::Relaxed);
    for one in load {
        let [first, second] = one.await.unwrap();
        assert!(first > 0 && second > 0, "there was no load: {first} and {second} answers");
    }
    until("the descriptors of the releases that were left are closed", async || descriptors() <= files + 16).await;
    let memory_after = resident_kib();
    assert!(memory_after < memory + 64 * 1024, "{memory} KiB became {memory_after}");
    kit.app.verified().await;
    Arc::into_inner(kit).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operator_changes_a_release_in_children_two_hundred_times_under_load() {
    changed_by_mutations(Folder::small, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operator_changes_a_release_in_process_two_hundred_times_under_load() {
    changed_by_mutations(Folder::small_in_process, 100).await;
}
