// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A user of the operating system. Immutable.
 *
 * @param name the number where the user has no name
 * @param home / where nobody knows it
 * @param named whether the password database knows the user, and so the groups
 */
public record SystemUser(int uid, int gid, String name, Path home, boolean named) {

    public static int currentUid() {
        return attribute(Path.of("/proc/self"), "unix:uid").orElse(-1);
    }

    /** The name of the user of this process; empty where the password database knows none, as in some containers. */
    public static Optional<String> currentName() {
        return Optional.of(System.getProperty("user.name", "")).filter(name -> !name.isEmpty() && !name.equals("?"));
    }

    /** The same for messages, and for what belongs to each user: a number where there is no name. */
    public static String current() {
        return currentName().orElseGet(() -> Integer.toString(currentUid()));
    }

    /**
     * The home directory of the user of this process, as the password database knows it; where it knows none, $HOME; /
     * without either. Absolute: Java says "?" where it knows none, which would be a directory below the current one.
     */
    public static Path currentHome() {
        String known = System.getProperty("user.home", "");
        String variable = System.getenv("HOME");
        if (known.startsWith("/")) {
            return Path.of(known);
        }
        return Path.of(variable != null && variable.startsWith("/") ? variable : "/");
    }

    /** Whether a file, directory or link belongs to the user of this process; false where there is none. */
    public static boolean owns(Path path) {
        return attribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                .filter(uid -> uid == currentUid())
                .isPresent();
    }

    /** Whom a file or directory belongs to; empty where there is none. */
    public static Optional<SystemUser> ownerOf(Path path) {
        Optional<Integer> uid = attribute(path, "unix:uid");
        Optional<Integer> gid = attribute(path, "unix:gid");
        return uid.isEmpty() || gid.isEmpty() ? Optional.empty() : Optional.of(of(uid.get(), gid.get()));
    }

    private static Optional<Integer> attribute(Path path, String name, LinkOption... options) {
        try {
            return Files.getAttribute(path, name, options) instanceof Integer number
                    ? Optional.of(number)
                    : Optional.empty();
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    private static SystemUser of(int uid, int gid) {
        return known(Integer.toString(uid))
                .orElseGet(() -> new SystemUser(uid, gid, Integer.toString(uid), Path.of("/"), false));
    }

    /**
     * Asks the password database, wherever it is: PostgreSQL's user may be in a directory service. Empty if it knows no
     * such user, or cannot be asked.
     *
     * @param user a name, or a number in decimal digits
     */
    public static Optional<SystemUser> known(String user) {
        try {
            ShortProgram getent = ShortProgram.run(
                    new ProcessBuilder("getent", "passwd", user).redirectError(ProcessBuilder.Redirect.DISCARD));
            return getent.status() == 0 ? parse(getent.output()) : Optional.empty();
        } catch (IOException e) {
            // Without the program, or its answer, a user has a number alone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    /**
     * A line of the password database; empty if it is not one, or the numbers are beyond what Java can tell of a file.
     */
    static Optional<SystemUser> parse(String line) {
        String[] fields = line.split(":", -1);
        try {
            return fields.length < 7
                    ? Optional.empty()
                    : Optional.of(new SystemUser(
                            Integer.parseInt(fields[2]),
                            Integer.parseInt(fields[3]),
                            fields[0],
                            Path.of(fields[5]),
                            true));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** The command that runs {@code command} as this user, called by root. It replaces itself by the program. */
    public List<String> running(List<String> command) {
        List<String> line = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid));
        line.addAll(List.of(named ? "--init-groups" : "--clear-groups", "--inh-caps=-all", "--"));
        line.addAll(command);
        return line;
    }
}
