//! Acme Print: a service that prints waybills. It brings permissions of its own and runs isolated.
//!
//! The seller limits how often somebody prints with the grant itself ("100 a day"); what Kith cannot know, such as
//! which printer is whose, is decided here.

use kith_plugin_sdk::{Decision, Host, Kind, Obligation, Permission, Plugin, Request, Setting, kith_plugin, settings};
use serde::Deserialize;

/// The role that may print a waybill again.
const LEAD: &str = "warehouse_lead";

/// Why not: the numbers of the reasons, which never change.
mod reason {
    pub const UNKNOWN_PERMISSION: u32 = 1;
    pub const COPIES: u32 = 2;
    pub const PRINTER: u32 = 3;
    pub const LEAD_ONLY: u32 = 4;
}

/// What the seller set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaybillPrint {
    /// The most copies of one waybill.
    max_copies: i64,
    /// The printers that may be used; none listed: any.
    printers: Vec<String>,
    /// How often somebody may print in a day; 0: as often as the grant says.
    daily_prints: i64,
}

impl WaybillPrint {
    fn print(&self, request: &Request<'_>) -> Decision {
        let copies = request.i64("copies").unwrap_or(1);
        if !(1..=self.max_copies).contains(&copies) {
            return Decision::deny(reason::COPIES, format_args!("Print 1 to {} copies at a time.", self.max_copies))
                .zh(format_args!("每次可打印 1 至 {} 份。", self.max_copies));
        }
        let printer = request.str("printer").unwrap_or("");
        if !self.printers.is_empty() && !self.printers.iter().any(|one| one == printer) {
            return Decision::deny(reason::PRINTER, "This printer is not one of the shop's; choose another.")
                .zh("该打印机不属于本店,请更换打印机。");
        }
        if self.daily_prints == 0 {
            return Decision::allow();
        }
        Decision::allow().oblige(Obligation::CountPerDay(self.daily_prints))
    }
}

impl Plugin for WaybillPrint {
    const PERMISSIONS: &'static [Permission] = &[
        Permission::group("acme_print", "Acme Print", "Acme 打单"),
        Permission::group("acme_print.waybill", "Waybills", "面单"),
        Permission::new("acme_print.waybill.print", "Print waybills", "打印面单")
            .help("Print the waybill of an order."),
        Permission::new("acme_print.waybill.reprint", "Print waybills again", "重打面单")
            .high_risk()
            .help("Print a waybill that was printed before. The parcel could be sent twice."),
        Permission::new("acme_print.template.update", "Change templates", "修改模板")
            .help("Change what waybills look like."),
    ];

    const SETTINGS: &'static [Setting] = &[
        Setting::new("max_copies", "Most copies of one waybill", Kind::Integer)
            .default("10")
            .schema(r#"{"type":"integer","minimum":1,"maximum":1000}"#),
        Setting::new("printers", "Printers that may be used (none: any)", Kind::Json)
            .default("[]")
            .schema(r#"{"type":"array","maxItems":100,"items":{"type":"string","maxLength":64}}"#),
        Setting::new("daily_prints", "Most prints a day for each person (0: as granted)", Kind::Integer)
            .default("0")
            .schema(r#"{"type":"integer","minimum":0}"#),
    ];

    fn create(json: &str, _host: Host) -> Result<Self, String> {
        let set: Self = settings::<Self, _>(json)?;
        if set.max_copies < 1 || set.daily_prints < 0 {
            return Err("max_copies begins at 1 and daily_prints at 0".to_owned());
        }
        Ok(set)
    }

    fn authorize(&self, request: &Request<'_>) -> Decision {
        match request.permission() {
            "acme_print.waybill.print" => self.print(request),
            "acme_print.waybill.reprint" if request.has_role(LEAD) => self.print(request),
            "acme_print.waybill.reprint" => {
                Decision::deny(reason::LEAD_ONLY, "Only a warehouse lead prints a waybill again.")
                    .zh("仅仓库主管可重打面单。")
            }
            "acme_print.template.update" => Decision::allow(),
            _ => Decision::deny(reason::UNKNOWN_PERMISSION, "Acme Print has no such permission.")
                .zh("Acme 打单没有此权限。"),
        }
    }
}

kith_plugin!(WaybillPrint);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use kith_plugin_sdk::Ask;

    fn decide(settings: &str, ask: &Ask) -> Decision {
        let plugin = WaybillPrint::create(settings, Host::silent()).unwrap();
        ask.request(|request| plugin.authorize(request))
    }

    #[test]
    fn copies_are_limited_and_one_unless_said() {
        let print = Ask::new("acme_print.waybill.print");
        assert!(decide("{}", &print).is_allowed());
        for (copies, allowed) in [(0, false), (1, true), (10, true), (11, false), (i64::MIN, false)] {
            assert_eq!(decide("{}", &print.clone().attr("copies", copies)).is_allowed(), allowed, "{copies}");
        }
    }

    #[test]
    fn printers_of_others_are_refused_once_some_are_listed() {
        let print = Ask::new("acme_print.waybill.print").attr("printer", "p9");
        assert!(decide("{}", &print).is_allowed());
        assert_eq!(decide(r#"{"printers": ["p1"]}"#, &print).reason_code(), reason::PRINTER);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        for wrong in [r#"{"max_copies": 0}"#, r#"{"daily_prints": -1}"#, r#"{"copies": 3}"#, r#"{"printers": "p1"}"#] {
            assert!(WaybillPrint::create(wrong, Host::silent()).is_err(), "{wrong}");
        }
    }
}
