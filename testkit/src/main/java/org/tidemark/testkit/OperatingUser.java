// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * The system user whom PostgreSQL's programs run as. PostgreSQL refuses root, so root becomes {@code postgres}, or
 * {@code nobody} where there is no such user; everybody else stays who they are. Immutable.
 *
 * @param name the user's name
 * @param switched whether the programs need {@code setpriv} to run as this user
 */
public record OperatingUser(String name, boolean switched) {
    /** Asked once: each answer takes a process. */
    private static final OperatingUser CURRENT = find();

    private static final String GROUP = CURRENT.switched()
            ? Commands.run(List.of("id", "-gn", CURRENT.name())).strip()
            : "";

    /** The user for this process. */
    public static OperatingUser current() {
        return CURRENT;
    }

    private static OperatingUser find() {
        String name = System.getProperty("user.name");
        if (!name.equals("root")) {
            return new OperatingUser(name, false);
        }
        return new OperatingUser(exists("postgres") ? "postgres" : "nobody", true);
    }

    /** The command that runs {@code command} as this user. It replaces itself by the program, so signals reach it. */
    public List<String> command(List<String> command) {
        if (!switched) {
            return List.copyOf(command);
        }
        List<String> whole = new ArrayList<>(List.of("setpriv", "--reuid=" + name, "--regid=" + GROUP));
        whole.addAll(List.of("--clear-groups", "--inh-caps=-all"));
        whole.addAll(command);
        return List.copyOf(whole);
    }

    /** Gives a file, or a directory with everything in it, to this user, whose processes may remove files meanwhile. */
    public void own(Path path) {
        if (switched) {
            Commands.run(List.of(
                    "find",
                    path.toString(),
                    "-ignore_readdir_race",
                    "!",
                    "-user",
                    name,
                    "-exec",
                    "chown",
                    "-h",
                    name + ":" + GROUP,
                    "{}",
                    "+"));
        }
    }

    /** A new directory that belongs to this user and that everybody may read. */
    public Path newTemporaryDirectory(String prefix) {
        try {
            Path directory = TestDirectories.create(prefix);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            own(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean exists(String user) {
        return Commands.status(List.of("id", "-u", user)) == 0;
    }
}
