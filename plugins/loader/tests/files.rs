//! Which files are opened at all, and that only signed bytes ever run.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kith_plugin_loader::{Expected, FileRefusal, Rules, SealRefusal, loaded, open};
use kith_plugin_manifest::sha256;
use support::{build, check, folder, measure};

fn refused(folder: &Path, name: &str) -> &'static str {
    open(folder, name, &Rules::standard(1 << 20)).expect_err("must be refused").code()
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn file(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("lib.so");
    std::fs::write(&path, b"bytes").unwrap();
    chmod(&path, 0o644);
    path
}

#[test]
fn an_ordinary_file_is_opened() {
    let folder = folder();
    file(folder.path());
    assert_eq!(open(folder.path(), "lib.so", &Rules::standard(5)).unwrap().read().unwrap(), b"bytes");
}

#[test]
fn a_symlinked_file_is_refused() {
    let folder = folder();
    file(folder.path());
    symlink("lib.so", folder.path().join("link.so")).unwrap();
    assert_eq!(refused(folder.path(), "link.so"), "FILE_SYMLINK");
}

#[test]
fn a_symlink_on_the_way_to_the_folder_is_refused() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("real")).unwrap();
    file(&folder.path().join("real"));
    symlink("real", folder.path().join("other")).unwrap();
    assert_eq!(refused(&folder.path().join("other"), "lib.so"), "FOLDER_SYMLINK");
    std::fs::create_dir(folder.path().join("real/deep")).unwrap();
    assert_eq!(refused(&folder.path().join("other/deep"), "lib.so"), "FOLDER_SYMLINK");
    // The kernel's own links too.
    let fd = std::fs::File::open(folder.path()).unwrap();
    let magic = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd));
    assert_eq!(refused(Path::new(&magic), "lib.so"), "FOLDER_SYMLINK");
}

#[test]
fn a_hard_linked_file_is_refused() {
    let folder = folder();
    let path = file(folder.path());
    std::fs::hard_link(path, folder.path().join("again.so")).unwrap();
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_LINKED");
    assert_eq!(refused(folder.path(), "again.so"), "FILE_LINKED");
}

#[test]
fn a_fifo_is_refused_without_waiting() {
    let folder = folder();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.path().join("lib.so"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let before = std::time::Instant::now();
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_NOT_REGULAR");
    assert!(before.elapsed().as_millis() < 500);
}

#[test]
fn sockets_devices_and_folders_are_refused() {
    let folder = folder();
    let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    assert_eq!(refused(folder.path(), "socket"), "FILE_NOT_REGULAR");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    assert_eq!(refused(folder.path(), "folder"), "FILE_NOT_REGULAR");
    assert_eq!(refused(Path::new("/dev"), "null"), "FILE_NOT_REGULAR");
}

#[test]
fn a_group_writable_file_is_refused() {
    let folder = folder();
    let path = file(folder.path());
    for mode in [0o664, 0o646, 0o666] {
        chmod(&path, mode);
        assert_eq!(refused(folder.path(), "lib.so"), "FILE_WRITABLE");
    }
    chmod(&path, 0o4755);
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_SPECIAL_BITS");
}

#[test]
fn a_foreign_owner_is_refused() {
    let folder = folder();
    let path = file(folder.path());
    if chown(&path, Some(12_345), None).is_err() {
        eprintln!("not root: the owner is made foreign by a rule instead");
        let rules = Rules { owners: vec![12_345], max_size: 100 };
        assert_eq!(open(folder.path(), "lib.so", &rules).unwrap_err().code(), "FOLDER_OWNER");
        return;
    }
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_OWNER");
    chown(&path, Some(0), None).unwrap();
    chown(folder.path(), Some(12_345), None).unwrap();
    assert_eq!(refused(folder.path(), "lib.so"), "FOLDER_OWNER");
}

#[test]
fn a_writable_parent_is_refused() {
    let folder = folder();
    file(folder.path());
    for mode in [0o775, 0o757, 0o1777] {
        chmod(folder.path(), mode);
        assert_eq!(refused(folder.path(), "lib.so"), "FOLDER_WRITABLE");
    }
}

#[test]
fn empty_and_oversized_files_are_refused() {
    let folder = folder();
    let path = file(folder.path());
    std::fs::write(&path, vec![0; (1 << 20) + 1]).unwrap();
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_TOO_LARGE");
    std::fs::write(&path, b"").unwrap();
    assert_eq!(refused(folder.path(), "lib.so"), "FILE_EMPTY");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    let folder = folder();
    let path = file(folder.path());
    let rules = Rules::standard(64);
    let opened = open(folder.path(), "lib.so", &rules).unwrap();
    std::fs::write(&path, vec![0; 65]).unwrap();
    assert!(matches!(opened.seal(), Err(SealRefusal::TooLarge(64))));
    std::fs::write(&path, vec![0; 64]).unwrap();
    let opened = open(folder.path(), "lib.so", &rules).unwrap();
    std::fs::write(&path, vec![0; 65]).unwrap();
    assert!(matches!(opened.read(), Err(FileRefusal::TooLarge(..))));
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let folder = folder();
    for name in ["", ".", "..", "../lib.so", "a/b", "/etc/passwd", "a\0b"] {
        assert_eq!(refused(folder.path(), name), "FILE_NAME", "{name:?}");
    }
    assert_eq!(refused(folder.path(), "none"), "FILE_MISSING");
    assert_eq!(refused(&folder.path().join("none"), "lib.so"), "FOLDER_MISSING");
}

#[test]
fn a_sealed_copy_cannot_be_changed_and_an_unsealed_one_is_not_taken() {
    let folder = folder();
    let checked = check(&build(folder.path(), "p.so", &["-DSALT=100"])).unwrap();
    let fd = std::os::fd::AsFd::as_fd(&checked).try_clone_to_owned().unwrap();
    assert!(rustix::io::pwrite(&fd, b"x", 0).is_err());
    assert!(rustix::fs::ftruncate(&fd, 0).is_err());
    assert!(rustix::fs::fcntl_add_seals(&fd, rustix::fs::SealFlags::SHRINK).is_err());
    let open = rustix::fs::memfd_create("open", rustix::fs::MemfdFlags::ALLOW_SEALING).unwrap();
    assert!(matches!(kith_plugin_loader::Sealed::from_fd(open), Err(SealRefusal::NotSealed)));
    let file = std::fs::File::open(folder.path().join("p.so")).unwrap();
    assert!(matches!(kith_plugin_loader::Sealed::from_fd(file.into()), Err(SealRefusal::NotSealed)));
}

#[test]
fn another_library_than_the_signed_one_is_refused() {
    let folder = folder();
    let signed = measure(&build(folder.path(), "a.so", &["-DSALT=101"]));
    let other = support::seal(&build(folder.path(), "b.so", &["-DSALT=102"]));
    assert_eq!(other.check(&signed).unwrap_err().code(), "LIBRARY_DIGEST");
    let wrong = Expected { build_id: [1; 32], ..signed };
    assert_eq!(support::seal(&folder.path().join("a.so")).check(&wrong).unwrap_err().code(), "LIBRARY_BUILD_ID");
}

#[test]
fn a_thousand_random_changed_bytes_of_the_library_are_refused() {
    let folder = folder();
    let path = build(folder.path(), "p.so", &["-DSALT=103"]);
    let signed = measure(&path);
    let bytes = std::fs::read(&path).unwrap();
    let mut state = 0x1234_5678_u64;
    for _ in 0..1000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut changed = bytes.clone();
        let at = (state >> 20) as usize % changed.len();
        changed[at] ^= ((state >> 12) as u8).max(1);
        assert_ne!(sha256(&changed), signed.sha256);
        std::fs::write(&path, &changed).unwrap();
        assert_eq!(support::seal(&path).check(&signed).unwrap_err().code(), "LIBRARY_DIGEST");
    }
}

/// The ways of putting other bytes in a file's place.
fn swap(folder: &Path, good: &[u8], evil: &[u8], way: usize) {
    let path = folder.join("lib.so");
    match way % 5 {
        0 => std::fs::write(&path, evil).unwrap(),
        1 => {
            std::fs::write(folder.join("new"), evil).unwrap();
            chmod(&folder.join("new"), 0o644);
            std::fs::rename(folder.join("new"), &path).unwrap();
        }
        2 => std::fs::remove_file(&path).unwrap(),
        3 => std::fs::write(&path, &good[..good.len() / 2]).unwrap(),
        _ => {
            use std::os::unix::fs::FileExt;
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.write_all_at(&evil[..evil.len().min(good.len())], 0).unwrap();
        }
    }
}

#[test]
fn a_swap_at_each_step_of_loading_never_runs_unverified_bytes() {
    let folder = folder();
    let marker = folder.path().join("evil-ran");
    let evil_flag = format!("-DMARKER=\"{}\"", marker.display());
    let good = std::fs::read(build(folder.path(), "good.so", &["-DSALT=104"])).unwrap();
    let evil = std::fs::read(build(folder.path(), "evil.so", &["-DSALT=105", &evil_flag])).unwrap();
    let expected = measure(&folder.path().join("good.so"));
    let rules = Rules::standard(1 << 20);
    let path = folder.path().join("lib.so");
    let (mut taken, mut refused) = (0, 0);
    for round in 0..1000 {
        std::fs::write(&path, &good).unwrap();
        chmod(&path, 0o644);
        let swap_after = |step: usize| {
            if round / 5 % 4 == step {
                swap(folder.path(), &good, &evil, round);
            }
        };
        let result = (|| {
            swap_after(0);
            let opened = open(folder.path(), "lib.so", &rules).map_err(|e| e.to_string())?;
            swap_after(1);
            let sealed = opened.seal().map_err(|e| e.to_string())?;
            swap_after(2);
            let checked = sealed.check(&expected).map_err(|e| e.to_string())?;
            swap_after(3);
            checked.load(Box::new(|_, _| ())).map_err(|e| e.to_string())
        })();
        match result {
            Ok(plugin) => {
                assert_eq!(plugin.digest(), expected.sha256);
                taken += 1;
            }
            Err(_) => refused += 1,
        }
        assert!(!marker.exists(), "unverified bytes ran in round {round}");
    }
    assert!(taken >= 500 && refused >= 300, "{taken} taken, {refused} refused");
}

#[test]
fn swaps_by_another_thread_while_loading_never_run_unverified_bytes() {
    let folder = folder();
    let marker = folder.path().join("evil-ran");
    let evil_flag = format!("-DMARKER=\"{}\"", marker.display());
    let good = Arc::new(std::fs::read(build(folder.path(), "good.so", &["-DSALT=106"])).unwrap());
    let evil = Arc::new(std::fs::read(build(folder.path(), "evil.so", &["-DSALT=107", &evil_flag])).unwrap());
    let expected = measure(&folder.path().join("good.so"));
    let stop = Arc::new(AtomicBool::new(false));
    let path = folder.path().join("lib.so");
    let swapper = {
        let (stop, path, good, evil) = (stop.clone(), path.clone(), good.clone(), evil.clone());
        std::thread::spawn(move || {
            let mut turn = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                let _ = std::fs::write(&path, if turn.is_multiple_of(2) { &**good } else { &**evil });
                turn += 1;
            }
        })
    };
    let rules = Rules::standard(1 << 20);
    let mut taken = 0;
    for _ in 0..1000 {
        let Ok(opened) = open(folder.path(), "lib.so", &rules) else { continue };
        let Ok(sealed) = opened.seal() else { continue };
        if let Ok(checked) = sealed.check(&expected) {
            assert_eq!(checked.load(Box::new(|_, _| ())).unwrap().digest(), expected.sha256);
            taken += 1;
        }
        assert!(!marker.exists(), "unverified bytes ran");
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    eprintln!("{taken} of 1000 rounds met the good bytes");
}

#[test]
fn the_same_bytes_under_another_name_are_the_same_plugin() {
    let folder = folder();
    let path = build(folder.path(), "one.so", &["-DSALT=108"]);
    let first = support::load(&path);
    let before = loaded();
    std::fs::rename(&path, folder.path().join("two.so")).unwrap();
    let second = support::load(&folder.path().join("two.so"));
    std::fs::copy(folder.path().join("two.so"), folder.path().join("three.so")).unwrap();
    let third = support::load(&folder.path().join("three.so"));
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first.digest(), third.digest());
    assert!(loaded() >= before);
}

#[test]
fn another_build_at_the_same_path_is_another_plugin() {
    let folder = folder();
    let path = build(folder.path(), "one.so", &["-DSALT=109", "-DAUTHORIZE=decision->reason_code=1; return 0;"]);
    let first = support::load(&path).create("").unwrap();
    build(folder.path(), "one.so", &["-DSALT=109", "-DAUTHORIZE=decision->reason_code=2; return 0;"]);
    let second = support::load(&path).create("").unwrap();
    let request = kith_plugin_loader::Request::new(&kith_plugin_loader::Parts::default());
    assert_eq!(first.authorize(&request).reason_code(), 1);
    assert_eq!(second.authorize(&request).reason_code(), 2);
}

#[test]
fn a_file_overwritten_truncated_or_deleted_after_loading_changes_nothing() {
    let folder = folder();
    let path = build(folder.path(), "p.so", &["-DSALT=110"]);
    let instance = support::load(&path).create("").unwrap();
    let parts = kith_plugin_loader::Parts { principal: "anna", ..Default::default() };
    let request = kith_plugin_loader::Request::new(&parts);
    for change in 0..3 {
        match change {
            0 => std::fs::write(&path, vec![0xcc; 40_000]).unwrap(),
            1 => std::fs::write(&path, b"").unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        assert!(instance.authorize(&request).allowed());
        assert_eq!(support::loaded_describe(&instance), 2);
    }
}
