//! `kith migrate`

use super::{kith, run};

#[test]
fn status_run_and_revert() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = |action| run(kith(folder.path()).args(["migrate", action]));
    let (code, pending, _) = migrate("status");
    assert_eq!(code, 1, "steps are pending");
    assert!(pending.lines().all(|line| line.starts_with("pending ")), "{pending}");

    let (code, applied, _) = migrate("run");
    assert_eq!(code, 0);
    assert_eq!(applied.lines().count(), pending.lines().count());
    assert_eq!(migrate("run").1, "nothing to do\n");

    let (code, status, _) = migrate("status");
    assert_eq!(code, 0);
    assert!(status.lines().all(|line| line.starts_with("applied ")), "{status}");

    let (code, reverted, _) = migrate("revert");
    assert_eq!(code, 0);
    assert!(reverted.starts_with("reverted "));
    assert_eq!(migrate("status").0, 1);
}
