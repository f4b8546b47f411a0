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
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The manual pages and the completion of shells, made of the help, so that they say what it says. */
final class Manual {
    /** Of a line, in characters: a page is indented in a terminal of 80. */
    private static final int WIDTH = 70;

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
        page.append(".SH FILES\n.TP\n.I /etc/tidemark/tidemark.toml\nthe configuration\n")
                .append(".TP\n.I /var/spool/tidemark\nqueues and notes of this host\n")
                .append(".TP\n.I /usr/share/doc/tidemark\nthe documentation\n");
        Files.writeString(directory.resolve("man1/tidemark.1"), page);
    }

    private void writeCommand(String name, CommandLine command) throws IOException {
        command.getCommandSpec().usageMessage().width(WIDTH);
        StringBuilder page = begin("tidemark-" + name, summary(command));
        page.append(".SH SYNOPSIS\n");
        boolean described = false;
        for (String line : command.getUsageMessage(Ansi.OFF).lines().toList()) {
            String section = SECTIONS.get(line);
            if (section != null) {
                page.append(".fi\n.SH ").append(section).append("\n.nf\n");
            } else if (line.isEmpty() && !described) {
                described = true;
                page.append(".SH DESCRIPTION\n");
            } else if (!described) {
                page.append(escaped(line.strip())).append("\n.br\n");
            } else if (!line.isEmpty()) {
                page.append(escaped(line)).append('\n');
            }
        }
        page.append(".fi\n.SH SEE ALSO\n.BR tidemark (1)\n");
        Files.writeString(directory.resolve("man1/tidemark-" + name + ".1"), page);
    }

    private static StringBuilder begin(String name, String summary) {
        return new StringBuilder(".TH ")
                .append(escaped(name).toUpperCase(java.util.Locale.ROOT))
                .append(" 1 \"\" Tidemark\n.SH NAME\n")
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
