// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** stdout or stderr of a command. It remembers that something could not be written, which a PrintStream hides. */
public final class ProcessOutput {
    private final int number;
    private final PrintStream stream;
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();

    /**
     * An output of this process, or of a command that runs in a process with others.
     *
     * @param number of its file descriptor in this process
     * @param target to which it writes, without a buffer
     */
    public ProcessOutput(int number, OutputStream target) {
        this.number = number;
        // UTF-8 whatever the locale is: commands also run in environments without one.
        this.stream = new PrintStream(remembering(target), true, StandardCharsets.UTF_8);
    }

    static ProcessOutput data() {
        return new ProcessOutput(1, new FileOutputStream(FileDescriptor.out));
    }

    static ProcessOutput talk() {
        return new ProcessOutput(2, new FileOutputStream(FileDescriptor.err));
    }

    private OutputStream remembering(OutputStream target) {
        return new OutputStream() {
            @Override
            public void write(int each) throws IOException {
                write(new byte[] {(byte) each}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                try {
                    target.write(bytes, offset, length);
                } catch (IOException e) {
                    failure.compareAndSet(null, e);
                    throw e;
                }
            }
        };
    }

    /** It takes text as UTF-8. */
    public PrintStream stream() {
        return stream;
    }

    /** System.console() tells only whether both stdin and stdout are a terminal. */
    boolean isTerminal() {
        String target = target();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
    }

    /**
     * Why something that was printed is lost; empty if all was written, and if its reader has gone, as {@code head}
     * does once it has its lines.
     */
    Optional<String> loss() {
        stream.flush();
        return Optional.ofNullable(failure.get())
                .map(e -> String.valueOf(e.getMessage()))
                .filter(reason -> !reason.equals(withoutReader()));
    }

    /** What a write to a pipe without a reader fails with, in the language of this process. */
    private static String withoutReader() {
        try {
            Pipe pipe = Pipe.open();
            pipe.source().close();
            try (Pipe.SinkChannel sink = pipe.sink()) {
                sink.write(ByteBuffer.wrap(new byte[1]));
            }
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
        return "";
    }

    /** What the kernel calls it; nothing if it is closed. */
    private String target() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
