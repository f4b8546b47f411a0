// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.tidemark.store.Secret;

/**
 * Answers what ssh asks, in the place of a terminal: a program in a directory that this user alone can enter, which
 * lives until the connection stands. Secrets are in its files, in no argument and no environment, and go to the ssh
 * that we started alone, not to the one that it may start for a jump host. Thread-safe.
 */
final class Askpass implements AutoCloseable {
    private static final String PROGRAM = "ask";
    private static final String PASSWORD = "password";
    private static final String PASSPHRASE = "passphrase";
    private static final String PROCESS = "process";

    /** The number of the process is written once it has started, which may be after it has asked. */
    private static final String SCRIPT = """
            #!/bin/sh
            cd "${0%/*}" || exit 1
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                [ -f process ] && break
                sleep 0.1
            done
            [ "$PPID" = "$(cat process)" ] || exit 1
            case $1 in
                *"assphrase for "*) exec cat passphrase ;;
                *assword*) exec cat password ;;
            esac
            exit 1
            """;

    private final Path directory;

    private Askpass(Path directory) {
        this.directory = directory;
    }

    /** @param parent where programs can be started */
    static Askpass prepare(Path parent, SshLogin login) throws IOException {
        Path directory = Files.createTempDirectory(parent, "tidemark-askpass-");
        Askpass askpass = new Askpass(directory);
        try {
            if (login.password().isPresent()) {
                askpass.write(PASSWORD, login.password().get());
            }
            if (login.keyPassphrase().isPresent()) {
                askpass.write(PASSPHRASE, login.keyPassphrase().get());
            }
            askpass.write(PROGRAM, new Secret(SCRIPT));
            Files.setPosixFilePermissions(directory.resolve(PROGRAM), PosixFilePermissions.fromString("rwx------"));
            return askpass;
        } catch (IOException e) {
            askpass.close();
            throw e;
        }
    }

    private void write(String name, Secret content) throws IOException {
        Path file = Files.createFile(
                directory.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, content.value(), StandardOpenOption.WRITE);
    }

    /** What makes ssh ask it, also where there is a terminal (OpenSSH 8.4 or later) or no display. */
    void addTo(Map<String, String> environment) {
        environment.putAll(asking(directory.resolve(PROGRAM).toString()));
    }

    /** What makes ssh, and any that it starts, ask nobody. */
    static void addNobodyTo(Map<String, String> environment) {
        environment.putAll(asking("/bin/false"));
    }

    private static Map<String, String> asking(String program) {
        return Map.of("SSH_ASKPASS", program, "SSH_ASKPASS_REQUIRE", "force", "DISPLAY", ":0");
    }

    /** Says who alone may ask. */
    void answerOnly(long process) throws IOException {
        Path file = directory.resolve(PROCESS + "-written");
        Files.writeString(file, Long.toString(process));
        Files.move(file, directory.resolve(PROCESS), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Forgets the secrets. */
    @Override
    public void close() {
        for (String name : List.of(PASSWORD, PASSPHRASE, PROGRAM, PROCESS + "-written", PROCESS, "")) {
            try {
                Files.deleteIfExists(directory.resolve(name));
            } catch (IOException e) {
                // The directory is this user's alone.
            }
        }
    }
}
