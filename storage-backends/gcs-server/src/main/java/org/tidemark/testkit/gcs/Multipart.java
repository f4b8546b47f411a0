// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parts of a multipart body (RFC 2046, section 5.1), which is held in memory. */
final class Multipart {
    private static final Pattern BOUNDARY = Pattern.compile("multipart/.*;\\s*boundary=\"?([^;\"\\s]+)\"?.*");

    private Multipart() {}

    /**
     * One part.
     *
     * @param headers with names in lower case
     * @param data with each byte as one character
     */
    record Part(Map<String, String> headers, String data) {
        byte[] bytes() {
            return data.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /**
     * Reads all parts.
     *
     * @param contentType with the boundary
     */
    static List<Part> parts(byte[] body, String contentType) {
        Matcher boundary = BOUNDARY.matcher(contentType);
        if (!boundary.matches()) {
            throw Refusal.invalid("not a multipart body: '" + contentType + "'");
        }
        String delimiter = "\r\n--" + boundary.group(1);
        // Each byte is one character. The first delimiter has no line end before it.
        String text = "\r\n" + new String(body, StandardCharsets.ISO_8859_1);
        List<Part> parts = new ArrayList<>();
        int at = end(text, delimiter, 0) + delimiter.length();
        while (!text.startsWith("--", at)) {
            int end = end(text, delimiter, at);
            parts.add(part(text.substring(at, end)));
            at = end + delimiter.length();
        }
        return parts;
    }

    private static int end(String text, String delimiter, int from) {
        int end = text.indexOf(delimiter, from);
        if (end < 0) {
            throw Refusal.invalid("the multipart body ends inside of a part");
        }
        return end;
    }

    /** Reads a part that begins with the line end after a delimiter. */
    private static Part part(String text) {
        int head = text.indexOf("\r\n\r\n");
        if (head < 0) {
            throw Refusal.invalid("a part without an empty line after its headers");
        }
        return new Part(headers(text.substring(0, head).lines().toList()), text.substring(head + 4));
    }

    /** The headers of these lines, with names in lower case. */
    static Map<String, String> headers(List<String> lines) {
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        return headers;
    }
}
