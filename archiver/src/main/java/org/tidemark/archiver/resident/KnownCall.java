// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.core.UnsyncedFile;

/**
 * The call that PostgreSQL makes for each segment, as a wal-push of this run of the server has told it to the resident
 * archiver: only what the same call would have archived may be acknowledged to it. Immutable.
 *
 * @param line boot, checksum of the environment, arguments and variables, as the launcher puts them together
 * @param options of archive_command, as {@code --name=value}
 * @param variables those that decide where a segment goes, each with the digest of its value, which may be a secret
 */
public record KnownCall(String line, List<String> options, Map<String, String> variables) {
    /**
     * Variables that decide where a process runs, not where a segment goes: a service may have others than PostgreSQL
     * has.
     */
    private static final List<String> OF_THE_PROCESS =
            List.of("HOME", "PATH", "TZ", "USER", "LOGNAME", "LD_", "JAVA_", "JDK_", "SSH_AUTH_SOCK", "KRB5");

    public KnownCall {
        options = List.copyOf(options);
        variables = Map.copyOf(variables);
    }

    /** A call with this environment. */
    public static KnownCall of(String line, List<String> options, Map<String, String> environment) {
        return new KnownCall(line, options, deciding(environment));
    }

    private static Map<String, String> deciding(Map<String, String> environment) {
        Map<String, String> deciding = DecidingVariables.of(environment);
        deciding.keySet()
                .removeIf(name -> OF_THE_PROCESS.stream().anyMatch(name::startsWith)
                        || name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
        return deciding;
    }

    /** The names of the variables that decide, and have another value in this environment. */
    public Set<String> differences(Map<String, String> environment) {
        return DecidingVariables.differences(variables, deciding(environment));
    }

    /** The names of the variables that decide, and have another value in another call. */
    public Set<String> differences(KnownCall other) {
        return DecidingVariables.differences(variables, other.variables);
    }

    /** Saves it where the resident archiver has asked for it. Nothing is saved that does not fit into lines. */
    public void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(line);
        lines.add(Integer.toString(options.size()));
        lines.addAll(options);
        new TreeMap<>(variables).forEach((name, digest) -> lines.add(name + "=" + digest));
        if (lines.stream().anyMatch(each -> each.indexOf('\n') >= 0)) {
            return;
        }
        UnsyncedFile.replace(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Reads a saved call; empty if it is not there, or not whole. */
    public static Optional<KnownCall> read(Path file) {
        try {
            // An argument may hold characters at which others begin a line.
            List<String> lines =
                    List.of(Files.readString(file, StandardCharsets.UTF_8).split("\n", -1));
            int options = Integer.parseInt(lines.get(1));
            Map<String, String> variables = new TreeMap<>();
            for (String each : lines.subList(2 + options, lines.size() - 1)) {
                int equals = each.lastIndexOf('=');
                variables.put(each.substring(0, equals), each.substring(equals + 1));
            }
            return Optional.of(new KnownCall(lines.getFirst(), lines.subList(2, 2 + options), variables));
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
