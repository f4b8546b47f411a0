// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The manual pages and the completion of shells, made of the help, so that they say what it says. */
final class Manual {
    /** Of a line, in characters: none is wrapped, since the reader's terminal does that. */
    private static final int WIDTH = 10_000;
    /** Where picocli puts what it says of an option. */
    private static final int TEXT_AT = 28;

    private static final Map<String, String> SECTIONS = Map.of(
            "Arguments:", "ARGUMENTS",
            "Options:", "OPTIONS",
            "Options of every command:", "OPTIONS OF EVERY COMMAND",
            "Exit statuses:", "EXIT STATUS",
            "Example:", "EXAMPLES",
            "Examples:", "EXAMPLES");

    private final Path directory;
    private final CommandLine program;

    private Manual(Path directory) {
        this.directory = directory;
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        this.program = Commands.of(
                new CommandContext(Environment.ofProcess(), Clock.systemUTC(), nowhere, nowhere, false, false));
        program.setCommandName("tidemark");
    }

    /** Writes {@code man1/tidemark.1}, a page for each command, and {@code completion} for bash and zsh. */
    static void write(Path directory) throws IOException {
        Manual manual = new Manual(directory);
        Files.createDirectories(directory.resolve("man1"));
        try (Stream<Path> old = Files.list(directory.resolve("man1"))) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        manual.writeProgram();
        for (Map.Entry<String, CommandLine> command :
                manual.program.getSubcommands().entrySet()) {
            manual.writeCommand(command.getKey(), command.getValue());
        }
        Files.writeString(directory.resolve("completion"), AutoComplete.bash("tidemark", manual.program));
    }

    private void writeProgram() throws IOException {
        StringBuilder page = begin("tidemark", "WAL archive and backup manager for PostgreSQL")
                .append(".SH SYNOPSIS\n.B tidemark\nCOMMAND [OPTIONS]\n.SH COMMANDS\n");
        for (Map.Entry<String, CommandLine> command : program.getSubcommands().entrySet()) {
            page.append(".TP\n.BR tidemark\\-")
                    .append(escaped(command.getKey()))
                    .append(" (1)\n")
                    .append(escaped(summary(command.getValue())))
                    .append('\n');
        }
        page.append(".PP\nEach has a page of its own, with its options and exit statuses. ")
                .append("Any exit status but 0 is a failure, or the answer no.\n")
                .append(".SH ENVIRONMENT\n.TP\n.B TIDEMARK_CONFIG\nthe configuration, in the place of ")
                .append("/etc/tidemark/tidemark.toml and ~/.config/tidemark/tidemark.toml\n")
                .append(".TP\n.B TIDEMARK_HOST_SPOOL\nand so on: each key of the configuration\n");
        page.append(
                        ".SH FILES\n.TP\n.I /etc/tidemark/tidemark.toml\nthe configuration, with more clusters in conf.d beside it\n")
                .append(".TP\n.I /var/spool/tidemark\nqueues and notes of this host\n")
                .append(".TP\n.I /usr/share/doc/tidemark\nthe documentation\n");
        Files.writeString(directory.resolve("man1/tidemark.1"), page);
    }

    private void writeCommand(String name, CommandLine command) throws IOException {
        command.getCommandSpec().usageMessage().width(WIDTH);
        StringBuilder page = begin("tidemark-" + name, summary(command));
        String section = "SYNOPSIS";
        page.append(".SH SYNOPSIS\n");
        for (String line : command.getUsageMessage(Ansi.OFF).lines().toList()) {
            if (SECTIONS.containsKey(line)) {
                section = SECTIONS.get(line);
                page.append(".SH ").append(section).append('\n');
            } else if (line.isEmpty() && section.equals("SYNOPSIS")) {
                section = "DESCRIPTION";
                page.append(".SH DESCRIPTION\n");
            } else if (!line.isEmpty()) {
                page.append(written(section, line));
            }
        }
        page.append(".SH SEE ALSO\n.BR tidemark (1),\n.I /usr/share/doc/tidemark/docs\n");
        Files.writeString(directory.resolve("man1/tidemark-" + name + ".1"), page);
    }

    private static String written(String section, String line) {
        return switch (section) {
            case "SYNOPSIS" -> escaped(line.strip()) + "\n.br\n";
            case "DESCRIPTION" -> escaped(line) + "\n.PP\n";
            case "EXAMPLES" -> ".nf\n" + escaped(line.strip()) + "\n.fi\n";
            case "EXIT STATUS" -> {
                String[] status = line.strip().split(" +", 2);
                yield ".TP\n" + status[0] + '\n' + escaped(status[1]) + '\n';
            }
            default -> option(line);
        };
    }

    /** One line, or two where the option is too long for its column. */
    private static String option(String line) {
        boolean named = !line.substring(0, Math.min(line.length(), TEXT_AT)).isBlank();
        boolean fits = line.length() > TEXT_AT && line.charAt(TEXT_AT - 1) == ' ';
        if (!named) {
            return escaped(line.strip()) + '\n';
        }
        return fits
                ? ".TP\n.B " + escaped(line.substring(0, TEXT_AT).strip()) + '\n'
                        + escaped(line.substring(TEXT_AT).strip()) + '\n'
                : ".TP\n.B " + escaped(line.strip()) + '\n';
    }

    private static StringBuilder begin(String name, String summary) {
        return new StringBuilder(".TH ")
                .append(escaped(name).toUpperCase(java.util.Locale.ROOT))
                .append(" 1 \"\" Tidemark\n.nh\n.ad l\n.SH NAME\n")
                .append(escaped(name))
                .append(" \\- ")
                .append(escaped(summary))
                .append('\n');
    }

    /** The first sentence of the description. */
    private static String summary(CommandLine command) {
        List<String> lines = List.of(command.getCommandSpec().usageMessage().description());
        String text = String.join(" ", lines).replace("%n", " ").replace("%%", "%");
        int end = text.indexOf(". ");
        String sentence = end < 0 ? text : text.substring(0, end);
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private static String escaped(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
        return escaped.startsWith(".") ? "\\&" + escaped : escaped;
    }
}
