//! Single functions of the library, each beside the path of the file that it is in: `src/kernel/money.rs` is tested by
//! `unit/kernel/money.rs`. They stand here, not in the library, so that it is built once (see `[lib]` in Cargo.toml).

mod app {
    mod outside;
}
mod cli {
    mod schema;
}
mod command {
    mod audit;
    mod shared;
}
mod db {
    mod target;
}
mod domains {
    mod accounts {
        mod account {
            mod model;
        }
        mod addresses {
            mod model;
        }
        mod codes {
            mod issue;
        }
        mod contacts {
            mod model;
        }
        mod password;
        mod sessions {
            mod login_name;
            mod seen;
        }
        mod token;
        mod totp {
            mod model;
        }
    }
    mod association {
        mod signals {
            mod model;
        }
    }
    mod audit {
        mod model;
    }
    mod certification {
        mod identity {
            mod elsewhere;
            mod mainland;
            mod model;
        }
        mod person {
            mod model;
        }
        mod reviews {
            mod model;
        }
    }
    mod family {
        mod links {
            mod model;
        }
    }
    mod intimate_pay {
        mod passwords {
            mod model;
        }
        mod relations {
            mod terms;
        }
        mod uses {
            mod bill;
            mod picture;
        }
    }
    mod notifications {
        mod topics;
    }
    mod payments {
        mod ledger {
            mod model;
        }
        mod methods {
            mod model;
        }
    }
    mod service_desk {
        mod routing {
            mod model;
            mod simulate;
        }
    }
    mod services {
        mod decisions {
            mod facts;
        }
        mod settings {
            mod model;
        }
    }
    mod shops {
        mod charity {
            mod model;
        }
        mod red_packets {
            mod model;
        }
    }
    mod staff {
        mod grants {
            mod limits;
        }
        mod names;
        mod positions {
            mod defaults;
        }
        mod rosters {
            mod ops {
                mod set;
            }
        }
    }
}
mod graphql {
    mod limits {
        mod known;
        mod scan;
    }
    mod live;
    mod scalars;
}
mod kernel {
    mod dice;
    mod ids;
    mod money;
    mod names;
    mod text;
}
mod permissions {
    mod bits;
    mod catalogue;
    mod constraints;
    mod dynamic;
    mod login;
    mod quota;
    mod resolve;
    mod settings;
    mod shifts;
}
mod plugins {
    mod native;
    mod scan;
    mod words;
}
mod providers {
    mod breaker;
    mod cards;
    mod images;
    mod keys;
    mod payments {
        mod holders;
    }
    mod verify {
        mod http;
    }
}
mod server {
    mod authzen {
        mod read;
    }
    mod cors;
    mod middleware {
        mod hosts;
    }
}
mod telemetry {
    mod logging;
    mod metrics;
    mod redact;
}
mod worker {
    mod failure;
    mod sweep;
}
