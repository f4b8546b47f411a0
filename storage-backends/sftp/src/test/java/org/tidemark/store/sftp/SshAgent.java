// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.RequiredServer;

/** OpenSSH's ssh-agent, with a socket of its own. Not thread-safe. */
final class SshAgent implements AutoCloseable {
    private final BackgroundServer process;
    private final Path socket;
    private final Path pid;

    private SshAgent(BackgroundServer process, Path socket, Path pid) {
        this.process = process;
        this.socket = socket;
        this.pid = pid;
    }

    static SshAgent start(Path directory) throws IOException {
        Files.createDirectory(directory);
        Path socket = directory.resolve("socket");
        Path pid = directory.resolve("pid");
        Path program = RequiredServer.program("ssh-agent", "apt-get install openssh-client");
        List<String> command = List.of(
                "/bin/sh",
                "-c",
                "echo $$ > \"$1\"; exec \"$2\" -D -a \"$3\"",
                "sh",
                pid.toString(),
                program.toString(),
                socket.toString());
        BackgroundServer process = BackgroundServer.start(command, directory.resolve("log"), Map.of())
                .await("has a socket", () -> Files.exists(socket), Duration.ofSeconds(60));
        return new SshAgent(process, socket, pid);
    }

    Path socket() {
        return socket;
    }

    void add(Path privateKey) throws Exception {
        run("ssh-add", "-q", privateKey.toString());
    }

    /** The public keys that it holds. */
    String list() throws Exception {
        return run("ssh-add", "-L");
    }

    void signal(String name) throws Exception {
        run("sh", "-c", "kill -" + name + " " + Files.readString(pid).strip());
    }

    private String run(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("SSH_AUTH_SOCK", socket.toString());
        Process ran = builder.start();
        String output = new String(ran.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (ran.waitFor() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + " ended with " + ran.exitValue() + ": " + output);
        }
        return output;
    }

    @Override
    public void close() {
        process.close();
    }
}
