// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.tidemark.core.UtcTime;

/**
 * Output of a WAL command for PostgreSQL's log: each line begins with the time, the command and the launcher's process
 * id. The prefix is formatted only when there is output. Not thread-safe.
 */
final class LogLines extends OutputStream {
    private final OutputStream to;
    private final String prefix;
    private final Clock clock;
    private boolean atStart = true;

    LogLines(OutputStream to, String prefix, Clock clock) {
        this.to = to;
        this.prefix = prefix;
        this.clock = clock;
    }

    /** On a terminal the launcher gives no prefix, and lines stay unchanged. */
    static void begin() {
        String prefix = System.getenv("TIDEMARK_LINE_PREFIX");
        if (prefix != null && !prefix.isEmpty()) {
            OutputStream error = new FileOutputStream(FileDescriptor.err);
            System.setErr(
                    new PrintStream(new LogLines(error, prefix, Clock.systemUTC()), true, StandardCharsets.UTF_8));
        }
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    /** Written in one piece, so that the lines of parallel processes do not mix. */
    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(length + 80);
        for (int i = offset; i < offset + length; i++) {
            if (atStart) {
                whole.writeBytes((UtcTime.seconds(clock.instant()) + " " + prefix).getBytes(StandardCharsets.UTF_8));
            }
            whole.write(bytes[i]);
            atStart = bytes[i] == '\n';
        }
        whole.writeTo(to);
    }
}
