//! The vocabulary of XML-RPC.

macro_rules! elements {
    ($($name:ident = $first:literal $(| $more:literal)*,)+) => {
        /// The elements of XML-RPC.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Element { $($name),+ }

        impl Element {
            fn exactly(name: &str) -> Option<Self> {
                match name { $($first $(| $more)* => Some(Self::$name),)+ _ => None }
            }

            /// Its (first) name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$name => $first),+ }
            }
        }
    };
}

elements! {
    Value = "value",
    Member = "member",
    Name = "name",
    String = "string",
    // The specification has `int` and `i4`; the rest are common extensions.
    Int = "int" | "i4" | "i1" | "i2" | "i8" | "biginteger",
    Boolean = "boolean",
    Double = "double",
    Array = "array",
    Data = "data",
    Struct = "struct",
    Nil = "nil",
    DateTime = "dateTime.iso8601",
    Base64 = "base64",
    MethodResponse = "methodResponse",
    MethodCall = "methodCall",
    MethodName = "methodName",
    Params = "params",
    Param = "param",
    Fault = "fault",
}

impl Element {
    /// The element of a name, with or without a namespace prefix (`ex:nil`).
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::exactly(name).or_else(|| Self::exactly(name.split_once(':')?.1))
    }
}
