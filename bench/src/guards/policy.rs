//! The decision that everybody makes: the example `risk-guard`.

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub amount: i64,
    pub minute: i64,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    No,
    Yes,
    /// A second person has to approve.
    WithSecond,
}

/// The same mix of day and night, small and large, every time.
pub fn questions() -> Vec<Question> {
    (0_i64..4_096).map(|n| Question { amount: (n * 7_919) % 80_000, minute: (n * 577) % 1_440 }).collect()
}

/// The policy with the defaults of `risk-guard`.
pub struct Policy {
    night_from: i64,
    night_until: i64,
    second_above: i64,
    refuse_above: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { night_from: 1_320, night_until: 360, second_above: 10_000, refuse_above: 50_000 }
    }
}

impl Policy {
    pub fn answer(&self, question: &Question) -> Answer {
        let night = question.minute >= self.night_from || question.minute < self.night_until;
        match question.amount {
            amount if !night || amount <= self.second_above => Answer::Yes,
            amount if amount > self.refuse_above => Answer::No,
            _ => Answer::WithSecond,
        }
    }
}

/// A value that a decision can ask for by name.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    Integer(i64),
    Money(i64, u16),
}

/// The facts of a question, looked up by name as a plugin does it.
pub struct Facts {
    pub permission: &'static str,
    pub named: [(&'static str, Value); 2],
}

impl Facts {
    pub fn of(question: &Question) -> Self {
        Self {
            permission: "refund.approve",
            named: [("amount", Value::Money(question.amount, 156)), ("local_minute", Value::Integer(question.minute))],
        }
    }

    fn named(&self, name: &str) -> Option<Value> {
        self.named.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// What a plain server would have in the place of a plugin.
pub trait Decides {
    fn decide(&self, facts: &Facts) -> Answer;
}

impl Decides for Policy {
    #[inline(never)]
    fn decide(&self, facts: &Facts) -> Answer {
        let (Some(Value::Money(amount, currency)), Some(Value::Integer(minute))) =
            (facts.named("amount"), facts.named("local_minute"))
        else {
            return Answer::No;
        };
        if facts.permission.is_empty() || currency == 0 {
            return Answer::No;
        }
        self.answer(&Question { amount, minute })
    }
}

#[cfg(feature = "others")]
/// The same for WebAssembly: 0 no, 1 yes, 2 with a second person.
pub const WAT: &str = r#"
(module
  (func (export "decide") (param $amount i64) (param $minute i64) (result i32)
    (if (i32.and (i64.lt_s (local.get $minute) (i64.const 1320)) (i64.ge_s (local.get $minute) (i64.const 360)))
      (then (return (i32.const 1))))
    (if (i64.le_s (local.get $amount) (i64.const 10000)) (then (return (i32.const 1))))
    (if (i64.gt_s (local.get $amount) (i64.const 50000)) (then (return (i32.const 0))))
    (i32.const 2)))
"#;
