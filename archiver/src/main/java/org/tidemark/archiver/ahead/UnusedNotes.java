// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.ServerRun;

/**
 * Why a server's calls cannot use what is archived ahead of them: each is another call, or the shell does not believe
 * the notes. Then each segment would be archived many times, so none is archived ahead. Immutable.
 *
 * @param since when it was found, to the millisecond
 * @param names of the variables that differ, as far as they are known; empty if other words of the call may differ
 * @param line of the last call; empty if the shell is the reason
 * @param variables of the last call that decide, each with the digest of its value
 */
public record UnusedNotes(Instant since, Set<String> names, String line, Map<String, String> variables) {
    private static final String SUFFIX = ".unused";
    /** How long it is believed that a shell believes no notes: another process may have made them a moment late. */
    private static final long BELIEVED_SECONDS = 3600;

    public UnusedNotes {
        names = Set.copyOf(names);
        variables = Map.copyOf(variables);
    }

    /** Whether the shell is the reason. */
    public boolean ofTheShell() {
        return line.isEmpty();
    }

    /** Why, and what it costs: a sentence without its end. */
    public String problem() {
        String slow = ". Since " + UtcTime.seconds(since)
                + ", wal-push has started Java for every segment and archived none ahead";
        if (ofTheShell()) {
            return "the launcher cannot acknowledge segments that were archived ahead: its shell, such as that of busybox,"
                    + " compares file times in whole seconds" + slow;
        }
        return (names.isEmpty()
                        ? "the arguments, or the variables that decide where WAL goes, change"
                        : "the value of " + String.join(", ", new TreeSet<>(names)) + " changes")
                + " with every call of archive_command" + slow;
    }

    /** Advises what to do. */
    public String hint() {
        return ofTheShell()
                ? "If WAL is written faster than it is archived, run PostgreSQL where /bin/sh is dash or bash."
                : "Use the same arguments and values for each call, or set them in the configuration instead.";
    }

    /** Reads the notes for the server that runs in a data directory. */
    public static Optional<UnusedNotes> of(Path root, Path dataDirectory) {
        return Station.of(root, dataDirectory).flatMap(station -> read(file(root, station.server())));
    }

    /**
     * Whether notes are of no use to the calls of this server. A call that comes twice in a row is no other one any
     * more: somebody has changed it once.
     *
     * @param pushed the segment that PostgreSQL has handed over, for which the launcher has started Java
     * @param ready the segments that PostgreSQL has not been told of
     */
    static boolean prevent(
            Station station,
            String pushed,
            Set<String> ready,
            CallIdentity call,
            Map<String, String> environment,
            Instant now)
            throws IOException {
        Path file = file(station.root(), station.server());
        Optional<UnusedNotes> known = read(file);
        if (known.isPresent() && known.get().ofTheShell()) {
            if (!known.get().since().isAfter(now)
                    && now.isBefore(known.get().since().plusSeconds(BELIEVED_SECONDS))) {
                return true;
            }
            Files.deleteIfExists(file);
            return false;
        }
        if (known.isPresent()) {
            if (known.get().line().equals(call.line())) {
                Files.deleteIfExists(file);
                return false;
            }
            Map<String, String> variables = DecidingVariables.of(environment);
            new UnusedNotes(
                            known.get().since(),
                            DecidingVariables.differences(known.get().variables(), variables),
                            call.line(),
                            variables)
                    .write(file);
            return true;
        }
        Path notes = station.root().resolve(station.server().key());
        if (!Acknowledgements.isOf(notes, station.written())) {
            return false;
        }
        if (!Acknowledgements.line(notes).equals(call.line())) {
            if (ready.stream().noneMatch(name -> Files.exists(notes.resolve(name)))) {
                return false;
            }
            new UnusedNotes(now, Set.of(), call.line(), DecidingVariables.of(environment)).write(file);
            return true;
        }
        if (Acknowledgements.isOf(notes, station.written(), call)
                && Acknowledgements.isNoted(
                        notes, pushed, station.dataDirectory().resolve("pg_wal").resolve(pushed))) {
            new UnusedNotes(now, Set.of(), "", Map.of()).write(file);
            return true;
        }
        return false;
    }

    private static Path file(Path root, ServerRun server) {
        return root.resolve(server.key() + SUFFIX);
    }

    private void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Long.toString(since.toEpochMilli()));
        lines.add(String.join(" ", new TreeSet<>(names)));
        lines.add(line);
        new TreeMap<>(variables).forEach((name, digest) -> lines.add(name + "=" + digest));
        UnsyncedFile.replace(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<UnusedNotes> read(Path file) {
        try {
            List<String> lines =
                    List.of(Files.readString(file, StandardCharsets.UTF_8).split("\n", -1));
            Map<String, String> variables = new TreeMap<>();
            for (String each : lines.subList(3, lines.size() - 1)) {
                int equals = each.lastIndexOf('=');
                variables.put(each.substring(0, equals), each.substring(equals + 1));
            }
            return Optional.of(new UnusedNotes(
                    Instant.ofEpochMilli(Long.parseLong(lines.getFirst())),
                    lines.get(1).isEmpty() ? Set.of() : Set.of(lines.get(1).split(" ", -1)),
                    lines.get(2),
                    variables));
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
