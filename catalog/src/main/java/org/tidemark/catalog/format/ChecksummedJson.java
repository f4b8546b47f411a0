// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** JSON documents that end with the SHA-256 of the bytes before it. Thread-safe. */
public final class ChecksummedJson {
    private static final int FORMAT_VERSION = 1;

    /** Enough for every document but {@code backup.json}. */
    public static final int SMALL_BYTES = 64 << 10;

    private static final String VERSION_MEMBER = "{\"formatVersion\": ";
    private static final String BEFORE_DIGEST = "\"sha256\": \"";
    private static final String AFTER_DIGEST = "\"}\n";
    private static final int DIGEST_LINE_BYTES = BEFORE_DIGEST.length() + 64 + AFTER_DIGEST.length();

    private ChecksummedJson() {}

    /** The document that is stored: one member to a line, {@code formatVersion} before all others. */
    public static byte[] write(Map<String, ?> members) {
        StringBuilder object = new StringBuilder(VERSION_MEMBER).append(FORMAT_VERSION);
        for (Map.Entry<String, ?> member : members.entrySet()) {
            object.append(",\n")
                    .append(JsonText.of(member.getKey()))
                    .append(": ")
                    .append(JsonText.of(member.getValue()));
        }
        return write(object.append('}').toString());
    }

    /**
     * The document that is stored.
     *
     * @param object a JSON object that begins with <code>{"formatVersion": 1</code> and has no member {@code sha256}
     */
    public static byte[] write(String object) {
        String open = object.stripTrailing();
        if (!open.startsWith(VERSION_MEMBER + FORMAT_VERSION) || !open.endsWith("}")) {
            throw new IllegalArgumentException("a document begins with its formatVersion and is an object");
        }
        byte[] content =
                (open.substring(0, open.length() - 1).stripTrailing() + ",\n").getBytes(StandardCharsets.UTF_8);
        byte[] end = digestLine(content, content.length);
        byte[] document = Arrays.copyOf(content, content.length + end.length);
        System.arraycopy(end, 0, document, content.length, end.length);
        return document;
    }

    private static byte[] digestLine(byte[] bytes, int length) {
        MessageDigest digest = Sha256.newDigest();
        digest.update(bytes, 0, length);
        return (BEFORE_DIGEST + Sha256.finish(digest).hex() + AFTER_DIGEST).getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Checks the digest, then the format version.
     *
     * @return the document as JSON, the member {@code sha256} included
     * @throws DamagedObjectException if the document was changed after it was written
     * @throws UserFacingException with {@link ExitCode#UNKNOWN_FORMAT} if it is of another version
     */
    public static String open(byte[] document, ObjectKey key) throws DamagedObjectException {
        int contentBytes = document.length - DIGEST_LINE_BYTES;
        if (contentBytes < 0
                || !Arrays.equals(
                        document,
                        contentBytes,
                        document.length,
                        digestLine(document, contentBytes),
                        0,
                        DIGEST_LINE_BYTES)) {
            throw new DamagedObjectException(key, "it does not end with the SHA-256 of its content");
        }
        return text(document, key);
    }

    private static String text(byte[] document, ObjectKey key) throws DamagedObjectException {
        String text = new String(document, StandardCharsets.UTF_8);
        if (!text.startsWith(VERSION_MEMBER)) {
            throw new DamagedObjectException(key, "it does not begin with its format version");
        }
        int end = text.indexOf(',');
        String version = text.substring(VERSION_MEMBER.length(), Math.max(end, VERSION_MEMBER.length()))
                .strip();
        if (!version.equals("1")) {
            throw new UserFacingException(
                    ExitCode.UNKNOWN_FORMAT,
                    "'" + key + "' is of format version '" + version + "', but this program reads only version 1",
                    "Was it written by a newer version of tidemark? Use that version.");
        }
        return text;
    }

    /** The bytes of a document before its digest, which {@link #open} or {@link #read} has checked. */
    public static byte[] content(byte[] document) {
        return Arrays.copyOf(document, document.length - DIGEST_LINE_BYTES);
    }

    /** The digest that ends a document, which {@link #open} or {@link #read} has checked. */
    public static Sha256 digest(byte[] document) {
        int begin = document.length - DIGEST_LINE_BYTES + BEFORE_DIGEST.length();
        return new Sha256(new String(document, begin, 64, StandardCharsets.US_ASCII));
    }

    /** Checks a document and reads it. */
    public static JsonObject read(byte[] document, ObjectKey key) throws DamagedObjectException {
        return parse(open(document, key), key);
    }

    /** Reads a document whose digest was compared before. */
    public static JsonObject readIntact(byte[] document, ObjectKey key) throws DamagedObjectException {
        return parse(text(document, key), key);
    }

    private static JsonObject parse(String text, ObjectKey key) throws DamagedObjectException {
        try {
            return JsonObject.parse(text);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether a document has the digest that it carries. */
    public static boolean isIntact(byte[] document, ObjectKey key) {
        try {
            open(document, key);
            return true;
        } catch (DamagedObjectException e) {
            return false;
        }
    }

    /**
     * The bytes of a document, not yet checked.
     *
     * @throws org.tidemark.store.StorageException.ObjectMissing if the store answered that there is no such object
     * @throws DamagedObjectException if there are more than {@code limit} bytes
     */
    public static byte[] fetch(ObjectStore store, ObjectKey key, int limit) throws IOException {
        try (InputStream from = store.open(key, ByteRange.ALL)) {
            byte[] document = from.readNBytes(limit + 1);
            if (document.length > limit) {
                throw new DamagedObjectException(key, "it is longer than the " + limit + " bytes that it may have");
            }
            return document;
        }
    }
}
