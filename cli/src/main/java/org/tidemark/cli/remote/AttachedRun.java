// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.remote;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.core.JsonText;

/**
 * The side of a command that runs here for another host ({@link RemoteRun} is the other one). All that it prints goes
 * to stdout in lines of JSON, so that what is data, what is talk and what the status is arrive as they left; a shell
 * that prints something of its own confuses nobody. The end of stdin is the end of the one who asked: then this command
 * is interrupted, as by a signal. Thread-safe.
 *
 * <pre>
 * {"tidemark":"1.0"}        first: this program has understood the command line
 * {"data":"…"}              what stdout gets
 * {"talk":"…"}              what stderr gets
 * {"status":0}              last
 * </pre>
 */
public final class AttachedRun {
    /** The option of a command that is run in this way. */
    public static final String OPTION = "--attached";

    static final String HELLO = "tidemark";
    static final String DATA = "data";
    static final String TALK = "talk";
    static final String STATUS = "status";

    private final PrintStream out;

    public AttachedRun(PrintStream out) {
        this.out = out;
    }

    /** Whether a command line asks for it. */
    public static boolean isAsked(String... arguments) {
        return List.of(arguments).contains(OPTION);
    }

    /** Says that the command line was understood. */
    public void begin() {
        send(HELLO, ProgramVersion.text());
    }

    /**
     * Watches the connection.
     *
     * @param in its end interrupts the command
     * @param interrupt ends this process as a signal would
     */
    public void watch(InputStream in, Runnable interrupt) {
        Thread.ofPlatform().daemon().name("asking-host").start(() -> {
            try {
                while (in.read() >= 0) {
                    // Nothing is sent; only the end counts.
                }
            } catch (IOException e) {
                // The connection is gone, which is an end.
            }
            interrupt.run();
        });
    }

    /** What a command takes for its stdout. */
    public PrintStream data() {
        return stream(DATA);
    }

    /** What a command takes for its stderr. */
    public PrintStream talk() {
        return stream(TALK);
    }

    public void end(int status) {
        send(STATUS, status);
    }

    private PrintStream stream(String name) {
        return new PrintStream(new Lines(name), true, StandardCharsets.UTF_8);
    }

    private synchronized void send(String name, Object value) {
        out.println(JsonText.of(Map.of(name, value)));
        out.flush();
    }

    /** Sends what was written at each flush, whole characters alone. */
    private final class Lines extends OutputStream {
        private final String name;
        private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();

        Lines(String name) {
            this.name = name;
        }

        @Override
        public synchronized void write(int b) {
            waiting.write(b);
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            waiting.write(bytes, offset, length);
        }

        @Override
        public synchronized void flush() {
            if (waiting.size() > 0) {
                String text = waiting.toString(StandardCharsets.UTF_8);
                waiting.reset();
                send(name, text);
            }
        }
    }
}
