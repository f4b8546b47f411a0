// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A system call that succeeded. Immutable.
 *
 * @param from where the content was before, if it got another name; else as {@code path}
 * @param path the file or directory in question
 * @param begin the line of the trace in which it began
 * @param end the line of the trace in which it ended
 */
record SystemCall(Kind kind, Path from, Path path, int begin, int end) {
    /** What a call does. */
    enum Kind {
        /** A name appears: a new file, a directory, a link, or another name for what was there. */
        NAME,
        WRITE,
        SYNC,
        /** Of the whole file system on which the directory is. */
        SYNC_FILE_SYSTEM,
        /** A process ends; its path is its status. */
        EXIT
    }

    private static final Pattern NAMES = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern DESCRIPTOR = Pattern.compile("\\d+<([^>]*)>.*", Pattern.DOTALL);

    static Optional<SystemCall> of(String name, String arguments, int begin, int end) {
        return switch (name) {
            case "fsync", "fdatasync" -> descriptor(Kind.SYNC, arguments, begin, end);
            case "syncfs" -> descriptor(Kind.SYNC_FILE_SYSTEM, arguments, begin, end);
            case "write", "pwrite64", "writev", "pwritev", "ftruncate" -> descriptor(Kind.WRITE, arguments, begin, end);
            case "open", "openat", "creat" ->
                name.equals("creat") || arguments.contains("O_CREAT") ? named(arguments, begin, end) : Optional.empty();
            case "exit_group" ->
                Optional.of(new SystemCall(Kind.EXIT, Path.of(arguments), Path.of(arguments), begin, end));
            default -> named(arguments, begin, end);
        };
    }

    private static Optional<SystemCall> descriptor(Kind kind, String arguments, int begin, int end) {
        Matcher matcher = DESCRIPTOR.matcher(arguments);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Path path = Path.of(matcher.group(1));
        return Optional.of(new SystemCall(kind, path, path, begin, end));
    }

    private static Optional<SystemCall> named(String arguments, int begin, int end) {
        List<Path> names = new ArrayList<>();
        Matcher matcher = NAMES.matcher(arguments);
        while (matcher.find()) {
            names.add(Path.of(matcher.group(1)));
        }
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(new SystemCall(Kind.NAME, names.getFirst(), names.getLast(), begin, end));
    }
}
