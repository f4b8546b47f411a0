// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The error output of one ssh process: its first lines, with bounded length. Debug lines are kept apart from messages
 * to the user. None of them is translated. Thread-safe.
 */
final class SshMessages {
    private static final int MAX_LINES = 400;
    private static final int MAX_LINE = 500;
    private static final int MAX_SUMMARY = 3;
    private static final String DEBUG = "debug1: ";

    /** The beginnings of lines that ssh prints for successful connections as well. */
    private static final List<String> ROUTINE = List.of(
            "Authenticated to ",
            "Transferred: ",
            "Bytes per second: ",
            "OpenSSH_",
            "ControlSocket ",
            "@@@",
            "mux_client");

    private final List<String> lines = new ArrayList<>();

    /** Reads to the end. */
    void readAll(InputStream errors) {
        StringBuilder line = new StringBuilder();
        try (Reader reader = new InputStreamReader(errors, StandardCharsets.UTF_8)) {
            char[] buffer = new char[4096];
            for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                for (int i = 0; i < count; i++) {
                    if (buffer[i] == '\n') {
                        add(line.toString());
                        line.setLength(0);
                    } else if (line.length() < MAX_LINE && buffer[i] != '\r') {
                        line.append(buffer[i]);
                    }
                }
            }
        } catch (IOException e) {
            // This process ended ssh; the lines until then are kept.
        }
        add(line.toString());
    }

    synchronized void add(String line) {
        if (!line.isBlank() && lines.size() < MAX_LINES) {
            lines.add(line.replaceAll("\\p{Cntrl}", "?"));
        }
    }

    /** The first line that contains a text. */
    synchronized Optional<String> line(String text) {
        return lines.stream().filter(line -> line.contains(text)).findFirst();
    }

    boolean has(String text) {
        return line(text).isPresent();
    }

    /** The rest of the first debug line that begins with a text. */
    synchronized Optional<String> debug(String beginning) {
        return debugs(beginning).stream().findFirst();
    }

    /** The rests of all debug lines that begin with a text. */
    synchronized List<String> debugs(String beginning) {
        String whole = DEBUG + beginning;
        return lines.stream()
                .filter(line -> line.startsWith(whole))
                .map(line -> line.substring(whole.length()).strip())
                .toList();
    }

    /** The last lines that are not debug output, for a message: they have the reason for the end. */
    synchronized String summary() {
        Predicate<String> isRoutine = line -> ROUTINE.stream().anyMatch(line::startsWith);
        List<String> telling = lines.stream()
                .filter(line -> !line.startsWith("debug") && !isRoutine.test(line))
                .toList();
        return String.join("; ", telling.subList(Math.max(0, telling.size() - MAX_SUMMARY), telling.size()));
    }
}
