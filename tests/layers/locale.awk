# Prints each line of the product that writes or reads numbers as the locale of the program would, as FILE:LINE: RULE.
# A program that asg is a part of calls setlocale(LC_ALL, "") or std::locale::global when it likes: then printf writes
# "0,5", strtod stops at the point, and a stream groups "1.200". fmt without L, std::to_chars, std::from_chars and
# std::to_string of integers know no locale.

function broken(rule) {
  print FILENAME ":" FNR ": " rule
  found = 1
}

# A stream that is not read or written as bytes must be told its locale within the next lines.
function unimbued() {
  print stream_file ":" stream_line ": a stream with the locale of the program: imbue(std::locale::classic()) first"
  found = 1
  stream = ""
}

FNR == 1 && stream != "" { unimbued() }
FNR == 1 { call = 0 }

{
  line = $0
  sub(/^[ \t]*\/\/.*/, "", line)
  sub(/[ \t]\/\/[^"]*$/, "", line)
}

# The call, and its format in this line or the next.
line ~ /(^|[^a-z_])(v?(f|s|sn|as|d)?printf|(f|s|v)*scanf)[ ]*\(/ { call = FNR }
call > 0 && FNR - call < 2 && line ~ /%[-+ #0-9.*']*(l|L)?[aAeEfFgG]/ {
  broken("printf writes the point of the locale: use fmt::format or std::to_chars")
}
line ~ /(^|[^a-z_])(f|s|v)*scanf[ ]*\(/ { broken("scanf reads the point of the locale: use std::from_chars") }
line ~ /(^|[^a-z_])(strto(d|f|ld)|atof|sto(d|f|ld))[ ]*\(/ {
  broken("reads the point of the locale: use std::from_chars")
}
line ~ /to_string\((static_cast<)?(double|float|long double)[ >({]/ ||
  line ~ /to_string\([^()]*[0-9]\.[0-9]*f?[^0-9a-z]/ {
  broken("std::to_string of a float writes the point of the locale: use fmt::format")
}
line ~ /"[^"]*\{[a-z0-9_]*:[^}"]*L\}/ { broken("fmt's L asks for the locale") }
line ~ /boost::lexical_cast/ { broken("Boost's lexical_cast groups as the locale does: use std::to_string or std::from_chars") }
line ~ /std::(cout|cerr|clog|cin)/ { broken("a standard stream has the locale of the program: print with fmt") }
# Asking which it is changes nothing.
line ~ /setlocale[ ]*\(|locale::global[ ]*\(/ && line !~ /setlocale\(LC_[A-Z]+, nullptr\)/ { broken("the locale belongs to the program that asg is a part of") }
line ~ /(^|[^a-z_:])(std::)?(put_time|put_money|get_time|strftime)[ ]*\(/ { broken("writes dates and money of the locale") }

# Streams that are declared, not those that are referred to.
line ~ /std::(o|i)?(string|f)stream[ ]+[a-z_0-9]+|std::(o|i)?(string|f)stream[ ]*[({]/ && line !~ /std::ios::binary/ {
  if (stream != "") unimbued()
  stream = line
  stream_file = FILENAME
  stream_line = FNR
}
stream != "" && line ~ /imbue\(std::locale::classic\(\)\)/ { stream = "" }
stream != "" && FNR - stream_line > 3 { unimbued() }

END {
  if (stream != "") unimbued()
  exit found
}
