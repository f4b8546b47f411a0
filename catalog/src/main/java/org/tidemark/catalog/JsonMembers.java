// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

/**
 * Writes a flat JSON document: texts and whole numbers, one to a line, {@code formatVersion} first. Not thread-safe.
 */
public final class JsonMembers {
    private final StringBuilder text = new StringBuilder("{\"formatVersion\": ").append(ChecksummedJson.FORMAT_VERSION);

    public JsonMembers text(String name, String value) {
        member(name);
        quote(value);
        return this;
    }

    public JsonMembers number(String name, long value) {
        member(name);
        text.append(value);
        return this;
    }

    private void member(String name) {
        text.append(",\n");
        quote(name);
        text.append(": ");
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 0xF, 16));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    /** The checksummed document. */
    public byte[] document() {
        return ChecksummedJson.write(text + "}");
    }
}
