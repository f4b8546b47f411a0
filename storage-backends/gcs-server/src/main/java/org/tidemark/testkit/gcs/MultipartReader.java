// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a multipart body, one after the other and never all in memory. Not thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2046#section-5.1">RFC 2046, section 5.1</a>
 */
final class MultipartReader {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAX_LINE_BYTES = 16 * 1024;
    private static final Pattern BOUNDARY = Pattern.compile("(?i).*;\\s*boundary=(\"([^\"]+)\"|[^;\\s]+).*");

    private final InputStream in;
    private final byte[] delimiter;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int start;
    private int end;

    /** Whether the next delimiter is still ahead. */
    private boolean inPart = true;

    /** @param contentType with the boundary */
    MultipartReader(InputStream in, String contentType) {
        Matcher boundary = BOUNDARY.matcher(contentType);
        if (!boundary.matches()) {
            throw ApiError.parseError("no boundary in the content type '" + contentType + "'");
        }
        String text = boundary.group(2) == null ? boundary.group(1) : boundary.group(2);
        this.in = in;
        this.delimiter = ("\r\n--" + text).getBytes(StandardCharsets.ISO_8859_1);
        // The first delimiter has no line before it; with one put here it is found as the others are.
        buffer[0] = '\r';
        buffer[1] = '\n';
        end = 2;
    }

    /** Skips the rest of this part and goes to the next; false after the last. */
    boolean next() throws IOException {
        if (inPart) {
            part().transferTo(OutputStream.nullOutputStream());
        }
        String rest = line();
        if (rest.startsWith("--")) {
            return false;
        }
        if (!rest.isBlank()) {
            throw ApiError.parseError("something follows a boundary: '" + rest + "'");
        }
        inPart = true;
        return true;
    }

    /** The headers of this part, in lower case. */
    Map<String, String> headers() throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                throw ApiError.parseError("not a header: '" + line + "'");
            }
            headers.put(
                    line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return headers;
    }

    /** What this part has; ends before the next delimiter, and fails if the body ends before it. */
    InputStream part() {
        return new Part();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (start == end && !fill()) {
                // Nothing needs to follow the last delimiter.
                return line.toString();
            }
            char c = (char) (buffer[start++] & 0xff);
            if (c == '\n') {
                return line.toString();
            }
            if (c != '\r') {
                line.append(c);
            }
            if (line.length() > MAX_LINE_BYTES) {
                throw ApiError.parseError("a line of the multipart body is too long");
            }
        }
    }

    private boolean fill() throws IOException {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
        int count = in.read(buffer, end, buffer.length - end);
        end += Math.max(count, 0);
        return count > 0;
    }

    /** Where the delimiter begins, or may begin with what is not read yet; the end if it cannot. */
    private int candidate() {
        for (int at = start; at < end; at++) {
            int matched = 0;
            while (matched < delimiter.length && at + matched < end && buffer[at + matched] == delimiter[matched]) {
                matched++;
            }
            if (matched == delimiter.length || at + matched == end) {
                return at;
            }
        }
        return end;
    }

    private final class Part extends InputStream {
        private boolean finished;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
            if (finished || count == 0) {
                return finished ? -1 : 0;
            }
            int limit = candidate();
            while (limit == start) {
                if (end - start >= delimiter.length) {
                    start += delimiter.length;
                    finished = true;
                    inPart = false;
                    return -1;
                }
                if (!fill()) {
                    throw new EOFException("the multipart body ends inside of a part");
                }
                limit = candidate();
            }
            int copied = Math.min(count, limit - start);
            System.arraycopy(buffer, start, target, offset, copied);
            start += copied;
            return copied;
        }
    }
}
