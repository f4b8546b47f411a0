// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.tidemark.core.Secret;

/**
 * Answers the prompts of ssh instead of a terminal: a program in a directory that only this user can enter and that
 * exists until the connection is open. The secrets are in files of that directory, never in an argument or in the
 * environment. Only the ssh process that this class was made for gets them; the ssh process of a jump host does not.
 * Thread-safe.
 */
final class Askpass implements AutoCloseable {
    private static final String PROGRAM = "ask";
    private static final String PASSWORD = "password";
    private static final String PASSPHRASE = "passphrase";
    private static final String PROCESS = "process";

    /** The process id is written after the start of ssh, and ssh may prompt earlier; so the script waits for it. */
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

    /**
     * Prepares the answers.
     *
     * @param parents directories, of which the first one that can be written to and allows programs to run is taken: a
     *     {@code noexec} file system does not
     * @throws FileSystemException if there is none
     */
    static Askpass prepare(List<Path> parents, SshLogin login) throws IOException {
        for (Path parent : parents) {
            try {
                Askpass askpass = prepare(parent, login);
                if (Files.isExecutable(askpass.directory.resolve(PROGRAM))) {
                    return askpass;
                }
                askpass.close();
            } catch (IOException e) {
                // It is full, or not ours.
            }
        }
        throw new FileSystemException(
                String.valueOf(parents),
                null,
                "ssh cannot ask for its password: in none of these a program can be written and run");
    }

    private static Askpass prepare(Path parent, SshLogin login) throws IOException {
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

    /** Makes ssh run this program, even if there is a terminal (OpenSSH 8.4 or later) or no display. */
    void addTo(Map<String, String> environment) {
        environment.putAll(asking(directory.resolve(PROGRAM).toString()));
    }

    /** Makes ssh, and every ssh that it starts, prompt nobody. */
    static void addNobodyTo(Map<String, String> environment) {
        environment.putAll(asking("/bin/false"));
    }

    private static Map<String, String> asking(String program) {
        return Map.of("SSH_ASKPASS", program, "SSH_ASKPASS_REQUIRE", "force", "DISPLAY", ":0");
    }

    /** @param process the only ssh process that gets an answer */
    void answerOnly(long process) throws IOException {
        Path file = directory.resolve(PROCESS + "-written");
        Files.writeString(file, Long.toString(process));
        Files.move(file, directory.resolve(PROCESS), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Deletes the files with the secrets. */
    @Override
    public void close() {
        for (String name : List.of(PASSWORD, PASSPHRASE, PROGRAM, PROCESS + "-written", PROCESS, "")) {
            try {
                Files.deleteIfExists(directory.resolve(name));
            } catch (IOException e) {
                // Only this user can enter the directory.
            }
        }
    }
}
