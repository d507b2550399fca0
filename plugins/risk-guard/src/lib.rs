//! Narrows refunds at night. An adviser: it has no permissions of its own, stands behind core ones such as
//! `refund.approve`, and runs in process. It can forbid what Kith allows, never the reverse.
//!
//! By day it says nothing. At night small amounts go through, larger ones need a second approver, and the largest wait
//! until morning. The same policy in C is `twin.c`; a test compares the two.

use kith_plugin_sdk::Money;
use kith_plugin_sdk::{
    Decision, Host, Kind, Obligation, Permission, Plugin, Request, Setting, kith_plugin, settings, well_known,
};
use serde::Deserialize;

/// Why not: the numbers of the reasons, which never change.
mod reason {
    pub const NIGHT: u32 = 1;
    pub const NOT_TOLD: u32 = 2;
}

/// What the seller set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RiskGuard {
    /// The minute of the day at which the night begins, 0 to 1439.
    night_from: i64,
    /// The minute at which it is over, 0 to 1440.
    night_until: i64,
    /// Above this amount somebody else must approve as well, in minor units.
    second_above: i64,
    /// Above this amount nothing is approved, in minor units.
    refuse_above: i64,
}

impl RiskGuard {
    fn is_night(&self, minute: i64) -> bool {
        if self.night_from < self.night_until {
            (self.night_from..self.night_until).contains(&minute)
        } else {
            minute >= self.night_from || minute < self.night_until
        }
    }
}

impl Plugin for RiskGuard {
    const PERMISSIONS: &'static [Permission] = &[];

    const SETTINGS: &'static [Setting] = &[
        Setting::new("night_from", "The night begins (minute of the day)", Kind::Integer)
            .default("1320")
            .schema(r#"{"type":"integer","minimum":0,"maximum":1439}"#),
        Setting::new("night_until", "The night is over (minute of the day)", Kind::Integer)
            .default("360")
            .schema(r#"{"type":"integer","minimum":0,"maximum":1440}"#),
        Setting::new("second_above", "At night a second approver above", Kind::Money)
            .default("10000")
            .schema(r#"{"type":"integer","minimum":0}"#),
        Setting::new("refuse_above", "At night nothing above", Kind::Money)
            .default("50000")
            .schema(r#"{"type":"integer","minimum":0}"#),
    ];

    fn create(json: &str, _host: Host) -> Result<Self, String> {
        let set: Self = settings::<Self, _>(json)?;
        let hours = (0..1440).contains(&set.night_from) && (0..=1440).contains(&set.night_until);
        if !hours || set.night_from == set.night_until {
            return Err("the night begins at 0 to 1439 and is over at 0 to 1440, another minute".to_owned());
        }
        if set.second_above < 0 || set.second_above > set.refuse_above {
            return Err("second_above is 0 to refuse_above".to_owned());
        }
        Ok(set)
    }

    fn authorize(&self, request: &Request<'_>) -> Decision {
        let (Some(amount), Some(minute)) = (request.money(well_known::AMOUNT), request.i64(well_known::LOCAL_MINUTE))
        else {
            return Decision::deny(reason::NOT_TOLD, "The risk guard was not told the amount and the time.")
                .zh("风控未获得金额或时间。");
        };
        if !self.is_night(minute) || amount.minor <= self.second_above {
            return Decision::allow();
        }
        if amount.minor > self.refuse_above {
            let (hour, minute) = (self.night_until / 60 % 24, self.night_until % 60);
            return Decision::deny(reason::NIGHT, format_args!("This amount waits until {hour:02}:{minute:02}."))
                .zh(format_args!("该金额需等到 {hour:02}:{minute:02} 之后处理。"));
        }
        Decision::allow().oblige_because(
            Obligation::SecondApproverAbove(Money { minor: self.second_above, currency: amount.currency }),
            "At night a second person approves this amount.",
        )
    }
}

kith_plugin!(RiskGuard);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use kith_plugin_sdk::Ask;

    #[test]
    fn nights_may_run_over_midnight_or_lie_within_a_day() {
        let over = RiskGuard::create("{}", Host::silent()).unwrap();
        for (minute, night) in [(1319, false), (1320, true), (1439, true), (0, true), (359, true), (360, false)] {
            assert_eq!(over.is_night(minute), night, "{minute}");
        }
        let within = RiskGuard::create(r#"{"night_from": 60, "night_until": 120}"#, Host::silent()).unwrap();
        for (minute, night) in [(59, false), (60, true), (119, true), (120, false), (1439, false)] {
            assert_eq!(within.is_night(minute), night, "{minute}");
        }
    }

    #[test]
    fn without_the_facts_it_denies() {
        let guard = RiskGuard::create("{}", Host::silent()).unwrap();
        let decide = |ask: &Ask| ask.request(|request| guard.authorize(request)).reason_code();
        let amount = Money { minor: 1, currency: 156 };
        assert_eq!(decide(&Ask::new("refund.approve")), reason::NOT_TOLD);
        assert_eq!(decide(&Ask::new("refund.approve").attr("amount", amount)), reason::NOT_TOLD);
        assert_eq!(decide(&Ask::new("refund.approve").attr("local_minute", 3)), reason::NOT_TOLD);
        assert_eq!(decide(&Ask::new("refund.approve").attr("amount", 5).attr("local_minute", 3)), reason::NOT_TOLD);
    }
}
