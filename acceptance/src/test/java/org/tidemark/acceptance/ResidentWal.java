// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.cli.process.ProcessEnd;
import org.tidemark.cli.wal.WalCall;
import org.tidemark.cli.wal.WalMain;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ExitHooks;

/**
 * The program of a JVM that runs the WAL commands that {@link ResidentJava} sends it, one after the other, each as the
 * process that the launcher starts for it would. A command that leaves a thread or a hook of the exit ends it, with the
 * status of the command.
 */
public final class ResidentWal {
    /** In the place of a length: what follows is the status. */
    static final int END = 0;

    /** Of libraries and of the JDK, which outlive a request and hold nothing of it. */
    private static final List<String> IDLE_THREADS = List.of(
            "main", "watchdog", "process reaper", "Keep-Alive", "Common-Cleaner", "Cleaner-", "idle-connection-reaper");

    private ResidentWal() {}

    /** Reads calls from stdin until it ends. Arguments: none. */
    public static void main(String[] arguments) throws IOException {
        DataInputStream calls = new DataInputStream(new FileInputStream(FileDescriptor.in));
        DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        // Nothing but answers may get there.
        System.setIn(InputStream.nullInputStream());
        System.setOut(System.err);
        PrintStream log = System.err;
        while (true) {
            try {
                int status = run(calls, answers);
                if (status == ExitCode.INTERNAL.status() || !ExitHooks.isEmpty() || leavesThreads()) {
                    ProcessEnd.exit(status);
                }
                System.setErr(log);
                answers.writeInt(END);
                answers.writeInt(status);
                answers.flush();
            } catch (EOFException e) {
                Runtime.getRuntime().halt(0); // the tests are over
            }
        }
    }

    private static int run(DataInputStream calls, DataOutputStream answers) throws IOException {
        String process = calls.readUTF();
        Path directory = Path.of(calls.readUTF());
        Map<String, String> variables = new HashMap<>();
        for (int left = calls.readInt(); left > 0; left--) {
            variables.put(calls.readUTF(), calls.readUTF());
        }
        variables.replace("TIDEMARK_STAYS", "no"); // this JVM has other calls to answer
        String[] words = new String[calls.readInt()];
        for (int word = 0; word < words.length; word++) {
            words[word] = calls.readUTF();
        }
        Environment environment =
                new Environment(variables, directory, Path.of(System.getProperty("user.home", "/")), Path.of("/"));
        return WalMain.runOneOfSeveral(words, new WalCall(environment, process), new Printed(answers));
    }

    /** What a command prints: its length, which is not {@link #END}, and then the bytes. Thread-safe. */
    private static final class Printed extends OutputStream {
        private final DataOutputStream answers;

        private Printed(DataOutputStream answers) {
            this.answers = answers;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (length > 0) {
                byte[] whole = ByteBuffer.allocate(Integer.BYTES + length)
                        .putInt(length)
                        .put(bytes, offset, length)
                        .array();
                answers.write(whole); // in one piece
            }
        }
    }

    /** Such as one that waits for a store that hangs: the end of the JVM is its end. */
    private static boolean leavesThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !"system"
                        .equals(
                                thread.getThreadGroup() == null
                                        ? ""
                                        : thread.getThreadGroup().getName()))
                .anyMatch(thread -> IDLE_THREADS.stream().noneMatch(thread.getName()::startsWith));
    }
}
