# cmake -DOUT=… -DDIR=web/report -DSTYLES=a.css,… -DMODULES=a.js,… -P EmbedReport.cmake
# The report's page as C++ strings, one a file. Each JavaScript module becomes a function of its own, in the order given, which
# is that of their imports: what a module exports is what its function returns.
string(REPLACE "," ";" styles "${STYLES}")
string(REPLACE "," ";" modules "${MODULES}")

set(script "")
foreach(module ${modules})
  string(REGEX REPLACE "\\.js$" "" name "${module}")
  file(READ ${DIR}/${module} text)
  string(REGEX MATCHALL "export (async function|function|class|const) [A-Za-z_]+" exports "${text}")
  set(names "")
  foreach(line ${exports})
    string(REGEX REPLACE "^.* " "" exported "${line}")
    string(APPEND names "${exported}, ")
  endforeach()
  string(REGEX REPLACE "import ({[^}]*}) from '\\./([a-z_]+)\\.js'" "const \\1 = module_\\2" text "${text}")
  string(REGEX REPLACE "export (async function|function|class|const) " "\\1 " text "${text}")
  string(APPEND script "    R\"WYE_REPORT(const module_${name} = (() => {\n${text}return { ${names}};\n})();\n)WYE_REPORT\",\n")
endforeach()

set(style "")
foreach(sheet ${styles})
  file(READ ${DIR}/${sheet} text)
  string(APPEND style "    R\"WYE_REPORT(${text})WYE_REPORT\",\n")
endforeach()
file(READ ${DIR}/page.html page)
file(WRITE ${OUT} "// Generated from web/report by cmake/EmbedReport.cmake.
#include \"cli/report/page.h\"

namespace wye::cli {
const std::string_view kReportPage = R\"WYE_REPORT(${page})WYE_REPORT\";
const std::vector<std::string_view> kReportStyle = {
${style}};
const std::vector<std::string_view> kReportScript = {
${script}};
}  // namespace wye::cli
")
