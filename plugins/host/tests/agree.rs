//! Both modes and both languages give the same answers, obligations and texts included.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use kith_plugin_fixtures::{cc, example, plugins_folder};
use kith_plugin_host::{Golden, Isolated, probe};
use kith_plugin_loader::{Checked, Fault, Instance, OwnedAttr, OwnedRequest, OwnedValue, Rules, Verdict, open};
use support::patient;

fn checked(path: &Path) -> Checked {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sealed = open(path.parent().unwrap(), name, &Rules::standard(64 << 20)).unwrap().seal().unwrap();
    let expected = sealed.measure().unwrap_or_else(|e| panic!("{name}: {e}"));
    sealed.check(&expected).unwrap()
}

fn golden(plugin: &str) -> Golden {
    let path = plugins_folder().join(plugin).join("golden.json");
    Golden::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn answer_all(instance: &Instance, requests: &[OwnedRequest]) -> Vec<Verdict> {
    requests.iter().map(|one| one.with(|request| instance.authorize(request))).collect()
}

#[test]
fn each_example_answers_its_golden_vectors_in_both_modes() {
    let folder = tempfile::Builder::new().prefix("kith-agree-").tempdir().unwrap();
    for name in ["waybill-print", "risk-guard", "erp-sync"] {
        let library = checked(&example(name, folder.path()));
        let golden = golden(name);
        let found = probe(&patient(), &library, &golden.settings_json(), Some(&golden));
        let found = found.unwrap_or_else(|e| panic!("{name}, isolated: {e}"));
        assert!(found.vectors > 0);
        let plugin = library.load(Box::new(|_, _| ())).unwrap();
        assert_eq!(plugin.describe().unwrap(), found.description, "{name}");
        let instance = plugin.create(&golden.settings_json()).unwrap();
        instance.self_test().unwrap();
        let mismatches = golden.compare(&answer_all(&instance, &golden.requests()));
        assert!(mismatches.is_empty(), "{name}, in process: {mismatches:?}");
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn request(&mut self) -> OwnedRequest {
        let attr = |key: &str, value| OwnedAttr { key: key.into(), value };
        // Around the limits of the policy, and beside them.
        let around = [0, 1, 359, 360, 361, 389, 390, 1319, 1320, 1321, 1439][self.below(11) as usize];
        let minute = if self.below(4) == 0 { self.below(1440) as i64 } else { around };
        let amount = [0, 1, 9_999, 10_000, 10_001, 49_999, 50_000, 50_001, i64::MAX, -1][self.below(10) as usize];
        let amount = if self.below(4) == 0 { self.below(100_000) as i64 } else { amount };
        let mut attrs = Vec::new();
        match self.below(12) {
            0 => {}
            1 => attrs.push(attr("amount", OwnedValue::I64(amount))),
            2 => attrs.push(attr("amount", OwnedValue::None)),
            _ => attrs.push(attr("amount", OwnedValue::Money(amount, [156, 840, 978][self.below(3) as usize]))),
        }
        match self.below(12) {
            0 => {}
            1 => attrs.push(attr("local_minute", OwnedValue::Str(minute.to_string()))),
            _ => attrs.push(attr("local_minute", OwnedValue::I64(minute))),
        }
        OwnedRequest {
            permission: ["refund.approve", "refund.approve", "refund.approve", "shop.edit"][self.below(4) as usize]
                .into(),
            request_id: [self.below(256) as u8; 16],
            deadline_mono_ns: 1,
            tenant: "shop_1".into(),
            principal: "anna".into(),
            attrs,
            ..OwnedRequest::default()
        }
    }
}

#[tokio::test]
async fn both_modes_and_both_languages_agree_on_100_000_random_requests() {
    const SEED: u64 = 20_261_123;
    let folder = tempfile::Builder::new().prefix("kith-agree-").tempdir().unwrap();
    let rust = checked(&example("risk-guard", folder.path()));
    let twin = folder.path().join("twin.so");
    cc(&plugins_folder().join("risk-guard/twin.c"), &twin, [""; 0]);
    let twin = checked(&twin);
    let settings = golden("risk-guard").settings_json();
    let isolated = [
        Isolated::start(patient(), rust.try_clone().unwrap(), &settings).await.unwrap(),
        Isolated::start(patient(), twin.try_clone().unwrap(), &settings).await.unwrap(),
    ];
    let in_process = [rust, twin].map(|library| library.load(Box::new(|_, _| ())).unwrap().create(&settings).unwrap());
    let mut random = Random(SEED);
    let (mut allowed, mut obliged, mut reasons) = (0, 0, 0);
    for round in 0..100_000 / 32 + 1 {
        let requests: Vec<OwnedRequest> = (0..32).map(|_| random.request()).collect();
        let wanted = answer_all(&in_process[0], &requests);
        let mut all = vec![answer_all(&in_process[1], &requests)];
        for one in &isolated {
            all.push(one.authorize_batch(requests.clone(), Duration::from_secs(1)).await);
        }
        for (which, verdicts) in all.iter().enumerate() {
            for (i, verdict) in verdicts.iter().enumerate() {
                assert_ne!(verdict.fault(), Some(Fault::Deadline));
                assert_eq!(verdict, &wanted[i], "seed {SEED}, round {round}, way {which}: {:?}", requests[i]);
            }
        }
        allowed += wanted.iter().filter(|v| v.allowed()).count();
        obliged += wanted.iter().filter(|v| !v.obligations().is_empty()).count();
        reasons += wanted.iter().filter(|v| !v.reason().is_empty()).count();
    }
    eprintln!("{allowed} allowed, {obliged} with obligations, {reasons} with reasons");
    assert!(allowed > 10_000 && obliged > 1000 && reasons > 10_000);
}
