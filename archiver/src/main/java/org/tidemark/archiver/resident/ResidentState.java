// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.postgres.RunningProcess;

/**
 * The resident archiver's account of itself for one run of a server. Its lines are fixed in docs/design/spool.md.
 * Immutable.
 *
 * @param since when it found this run of the server, to the millisecond
 * @param last the segment that it archived last
 * @param trouble why it archives nothing ahead; empty if it does, or waits for the first call
 */
public record ResidentState(RunningProcess process, Instant since, Optional<Archived> last, Optional<Trouble> trouble) {
    private static final String NOTHING = "-";

    /**
     * A segment that is archived ahead.
     *
     * @param at when, to the millisecond
     */
    public record Archived(String segment, Instant at) {}

    /**
     * Why nothing is archived ahead, as the archiver has warned of it.
     *
     * @param since to the millisecond
     */
    public record Trouble(Instant since, String message, String hint) {
        public Trouble {
            message = oneLine(message);
            hint = oneLine(hint);
        }

        private static String oneLine(String text) {
            return text.replace('\n', ' ').replace('\r', ' ');
        }
    }

    String text() {
        return String.join(
                        "\n",
                        process.toString(),
                        Long.toString(since.toEpochMilli()),
                        last.map(each -> each.segment() + " " + each.at().toEpochMilli())
                                .orElse(NOTHING),
                        trouble.map(each -> each.since().toEpochMilli() + " " + each.message())
                                .orElse(NOTHING),
                        trouble.map(Trouble::hint).orElse(""))
                + "\n";
    }

    /** Reads a saved state; empty if it is not there, or not whole. */
    static Optional<ResidentState> read(Path file) {
        try {
            List<String> lines =
                    List.of(Files.readString(file, StandardCharsets.UTF_8).split("\n", -1));
            return Optional.of(new ResidentState(
                    RunningProcess.parse(lines.getFirst()).orElseThrow(IllegalArgumentException::new),
                    Instant.ofEpochMilli(Long.parseLong(lines.get(1))),
                    lines.get(2).equals(NOTHING) ? Optional.empty() : Optional.of(archived(lines.get(2))),
                    lines.get(3).equals(NOTHING)
                            ? Optional.empty()
                            : Optional.of(trouble(lines.get(3), lines.get(4)))));
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Archived archived(String line) {
        int space = line.indexOf(' ');
        return new Archived(line.substring(0, space), Instant.ofEpochMilli(Long.parseLong(line.substring(space + 1))));
    }

    private static Trouble trouble(String line, String hint) {
        int space = line.indexOf(' ');
        return new Trouble(
                Instant.ofEpochMilli(Long.parseLong(line.substring(0, space))), line.substring(space + 1), hint);
    }
}
