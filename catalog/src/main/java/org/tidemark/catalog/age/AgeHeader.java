// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The text at the beginning of an age file: for each recipient a stanza that holds the file key. Immutable. */
public final class AgeHeader {
    private static final String VERSION = "age-encryption.org/v1";
    private static final String END = "---";
    private static final int MAC_BYTES = 32;

    private final List<AgeStanza> stanzas;
    private final byte[] authenticated;
    private final byte[] mac;
    private final int sizeBytes;

    private AgeHeader(List<AgeStanza> stanzas, byte[] authenticated, byte[] mac, int sizeBytes) {
        this.stanzas = List.copyOf(stanzas);
        this.authenticated = authenticated;
        this.mac = mac;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Reads a header and leaves the stream after its last byte.
     *
     * @throws AgeFormatException if the header is not in exactly the form in which it is written
     */
    public static AgeHeader read(InputStream from) throws IOException {
        HeaderLines lines = new HeaderLines(from);
        if (!lines.next().equals(VERSION)) {
            throw new AgeFormatException("it is not an age file of version 1");
        }
        List<AgeStanza> stanzas = new ArrayList<>();
        String line = lines.next();
        while (line.startsWith(AgeStanza.MARK)) {
            stanzas.add(AgeStanza.parse(line, lines));
            line = lines.next();
        }
        if (!line.startsWith(END + " ") || stanzas.isEmpty()) {
            throw new AgeFormatException("its age header does not end as it must");
        }
        byte[] mac = Base64Line.decode(line.substring(END.length() + 1));
        if (mac.length != MAC_BYTES) {
            throw new AgeFormatException("its age header is not authenticated");
        }
        if (stanzas.size() > 1
                && stanzas.stream().anyMatch(stanza -> stanza.type().equals(AgeStanza.SCRYPT))) {
            throw new AgeFormatException("its age header has a passphrase and another recipient");
        }
        byte[] read = lines.bytes();
        int authenticated = read.length - line.length() - 1 + END.length();
        return new AgeHeader(stanzas, Arrays.copyOf(read, authenticated), mac, read.length);
    }

    /** A header for a new file, as it is stored. */
    static byte[] encode(FileKey key, List<AgeRecipient> recipients, SecureRandom random) {
        if (recipients.isEmpty()) {
            throw new IllegalArgumentException("nobody could read it");
        }
        StringBuilder text = new StringBuilder(VERSION).append('\n');
        for (AgeRecipient recipient : recipients) {
            recipient.wrap(key, random).encode(text);
        }
        text.append(END);
        byte[] mac = key.mac(text.toString().getBytes(StandardCharsets.US_ASCII));
        text.append(' ').append(Base64Line.encode(mac)).append('\n');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * The file key, if one of these identities is a recipient.
     *
     * @throws AgeFormatException if the header was changed, or is malformed
     */
    public Optional<FileKey> unwrap(List<AgeIdentity> identities) throws IOException {
        for (AgeStanza stanza : stanzas) {
            Optional<FileKey> key = stanza.unwrap(identities);
            if (key.isPresent()) {
                if (!MessageDigest.isEqual(key.get().mac(authenticated), mac)) {
                    throw new AgeFormatException("its age header was changed");
                }
                return key;
            }
        }
        return Optional.empty();
    }

    public int sizeBytes() {
        return sizeBytes;
    }
}
