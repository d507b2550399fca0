//! Opening a library or manifest file. The checks are on what was opened, never on a name that could mean another file
//! a moment later.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

/// What a file and its folder must be like.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who may own them, as user ids.
    pub owners: Vec<u32>,
    /// The largest file, in bytes.
    pub max_size: u64,
}

impl Rules {
    /// Owned by root or by this process's user.
    #[must_use]
    pub fn standard(max_size: u64) -> Self {
        Self { owners: vec![0, rustix::process::geteuid().as_raw()], max_size }
    }
}

/// Why a file is not opened. Each reason has its own code and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileRefusal {
    /// Not a plain name in the folder.
    #[error("FILE_NAME: {0:?} is not a plain file name")]
    Name(String),
    /// The folder cannot be opened.
    #[error("FOLDER_MISSING: {0}: {1}")]
    Folder(PathBuf, Errno),
    /// A symbolic link on the way to the folder.
    #[error("FOLDER_SYMLINK: a symbolic link is on the way to {0}; give the real path")]
    FolderSymlink(PathBuf),
    /// The folder belongs to somebody else.
    #[error("FOLDER_OWNER: {0} belongs to user {1}; give it to root or to the server's user")]
    FolderOwner(PathBuf, u32),
    /// Others can put files into the folder.
    #[error("FOLDER_WRITABLE: others may write to {0}; chmod go-w")]
    FolderWritable(PathBuf),
    /// There is no such file.
    #[error("FILE_MISSING: {0}: {1}")]
    Missing(PathBuf, Errno),
    /// The file is a symbolic link.
    #[error("FILE_SYMLINK: {0} is a symbolic link; put the file itself there")]
    Symlink(PathBuf),
    /// A FIFO, a socket, a device or a folder.
    #[error("FILE_NOT_REGULAR: {0} is no regular file but {1}")]
    NotRegular(PathBuf, &'static str),
    /// The file belongs to somebody else.
    #[error("FILE_OWNER: {0} belongs to user {1}; give it to root or to the server's user")]
    Owner(PathBuf, u32),
    /// Others can change the file.
    #[error("FILE_WRITABLE: others may write {0} (mode {1:o}); chmod go-w")]
    Writable(PathBuf, u32),
    /// The file carries a set-user-id, set-group-id or sticky bit.
    #[error("FILE_SPECIAL_BITS: {0} has special bits (mode {1:o}); chmod u-s,g-s,-t")]
    SpecialBits(PathBuf, u32),
    /// The file has other names, through which it can be changed.
    #[error("FILE_LINKED: {0} has {1} hard links; copy it")]
    Linked(PathBuf, u64),
    /// Nothing in it.
    #[error("FILE_EMPTY: {0} is empty")]
    Empty(PathBuf),
    /// Too large.
    #[error("FILE_TOO_LARGE: {0} has {1} bytes, at most {2}")]
    TooLarge(PathBuf, u64, u64),
    /// It cannot be read.
    #[error("FILE_IO: {0}: {1}")]
    Io(PathBuf, std::io::Error),
}

impl FileRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "FILE_NAME",
            Self::Folder(..) => "FOLDER_MISSING",
            Self::FolderSymlink(_) => "FOLDER_SYMLINK",
            Self::FolderOwner(..) => "FOLDER_OWNER",
            Self::FolderWritable(_) => "FOLDER_WRITABLE",
            Self::Missing(..) => "FILE_MISSING",
            Self::Symlink(_) => "FILE_SYMLINK",
            Self::NotRegular(..) => "FILE_NOT_REGULAR",
            Self::Owner(..) => "FILE_OWNER",
            Self::Writable(..) => "FILE_WRITABLE",
            Self::SpecialBits(..) => "FILE_SPECIAL_BITS",
            Self::Linked(..) => "FILE_LINKED",
            Self::Empty(_) => "FILE_EMPTY",
            Self::TooLarge(..) => "FILE_TOO_LARGE",
            Self::Io(..) => "FILE_IO",
        }
    }
}

/// A file that held the rules when it was opened. Its contents can still change: [`seal`](Self::seal) it.
#[derive(Debug)]
pub struct Opened {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) max_size: u64,
}

/// Opens `name` in `folder`.
pub fn open(folder: &Path, name: &str, rules: &Rules) -> Result<Opened, FileRefusal> {
    if name.is_empty() || name.len() > 255 || name.contains(['/', '\0']) || [".", ".."].contains(&name) {
        return Err(FileRefusal::Name(name.chars().take(255).collect()));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let no_links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let io = |path: &Path, e: Errno| FileRefusal::Io(path.to_owned(), e.into());
    let folder_fd = openat2(CWD, folder, flags, Mode::empty(), no_links).map_err(|e| match e {
        Errno::LOOP => FileRefusal::FolderSymlink(folder.to_owned()),
        // The process's affair and not the folder's: it may be over in a moment.
        Errno::MFILE | Errno::NFILE | Errno::NOMEM => io(folder, e),
        other => FileRefusal::Folder(folder.to_owned(), other),
    })?;
    let stat = fstat(&folder_fd).map_err(|e| io(folder, e))?;
    if !rules.owners.contains(&stat.st_uid) {
        return Err(FileRefusal::FolderOwner(folder.to_owned(), stat.st_uid));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(FileRefusal::FolderWritable(folder.to_owned()));
    }

    // Without waiting for a FIFO's other end, and without becoming a terminal's process.
    let path = folder.join(name);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file =
        openat2(&folder_fd, name, flags, Mode::empty(), no_links | ResolveFlags::BENEATH).map_err(|e| match e {
            Errno::LOOP => FileRefusal::Symlink(path.clone()),
            // A socket, or a device without a driver.
            Errno::NXIO | Errno::NODEV => FileRefusal::NotRegular(path.clone(), "a socket or a device"),
            Errno::MFILE | Errno::NFILE | Errno::NOMEM => io(&path, e),
            other => FileRefusal::Missing(path.clone(), other),
        })?;
    let file = File::from(file);
    regular(&file, &path, rules)?;
    Ok(Opened { file, path, max_size: rules.max_size })
}

fn regular(file: &File, path: &Path, rules: &Rules) -> Result<(), FileRefusal> {
    let path = || path.to_owned();
    let stat = fstat(file).map_err(|e| FileRefusal::Io(path(), e.into()))?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => None,
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::Directory => Some("a folder"),
        _ => Some("a device"),
    };
    if let Some(kind) = kind {
        return Err(FileRefusal::NotRegular(path(), kind));
    }
    if !rules.owners.contains(&stat.st_uid) {
        return Err(FileRefusal::Owner(path(), stat.st_uid));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(FileRefusal::Writable(path(), stat.st_mode & 0o7777));
    }
    if stat.st_mode & 0o7000 != 0 {
        return Err(FileRefusal::SpecialBits(path(), stat.st_mode & 0o7777));
    }
    if stat.st_nlink != 1 {
        return Err(FileRefusal::Linked(path(), stat.st_nlink as u64));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size == 0 {
        return Err(FileRefusal::Empty(path()));
    }
    if size > rules.max_size {
        return Err(FileRefusal::TooLarge(path(), size, rules.max_size));
    }
    Ok(())
}

impl Opened {
    /// Where it was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all of it into memory: for manifests, whose signature is checked on the bytes read.
    pub fn read(self) -> Result<Vec<u8>, FileRefusal> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(self.max_size + 1).read_to_end(&mut bytes);
        read.map_err(|e| FileRefusal::Io(self.path.clone(), e))?;
        if bytes.len() as u64 > self.max_size {
            return Err(FileRefusal::TooLarge(self.path, bytes.len() as u64, self.max_size));
        }
        Ok(bytes)
    }
}
