// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tidemark.core.BlockInputStream;

/** Hashes all lines except the last one, as Manifest-Checksum requires. Does not close its source. */
final class ManifestTail extends BlockInputStream.Filter {
    // A line describes one file; a path has at most 1024 bytes in PostgreSQL and 4096 in Linux.
    private static final int LINE_LIMIT_BYTES = 1 << 20;

    private final String file;
    private final MessageDigest digest;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private byte lastByte;

    ManifestTail(InputStream in, String file) {
        super(in);
        this.file = file;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        if (count > 0) {
            take(bytes, offset, offset + count);
        }
        return count;
    }

    /** Reads to the end and returns the digest of all lines except the last, in hexadecimal digits. */
    String finish() throws IOException {
        transferTo(OutputStream.nullOutputStream());
        if (lastByte != '\n') {
            throw new CorruptFileException(file, "the last line is cut off");
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() {
        // The caller closes the source.
    }

    // The manifest's checksum does not cover the last line, so a line is hashed when the next one begins.
    private void take(byte[] bytes, int from, int to) throws CorruptFileException {
        int lastLine = to - 1;
        while (lastLine > from && bytes[lastLine - 1] != '\n') {
            lastLine--;
        }
        boolean newLine = lastLine > from || lastByte == '\n';
        if (newLine) {
            digest.update(line.toByteArray());
            line.reset();
            digest.update(bytes, from, lastLine - from);
            line.write(bytes, lastLine, to - lastLine);
        } else {
            line.write(bytes, from, to - from);
        }
        if (line.size() > LINE_LIMIT_BYTES) {
            throw new CorruptFileException(file, "a line is longer than " + LINE_LIMIT_BYTES + " bytes");
        }
        lastByte = bytes[to - 1];
    }
}
