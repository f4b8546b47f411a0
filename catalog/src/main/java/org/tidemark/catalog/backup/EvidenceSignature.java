// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.store.ObjectKey;

/**
 * The signature of a document of evidence, not yet checked (docs/design/repository-format.md). Immutable.
 *
 * @param object the key under which the document was signed
 * @param signedBy the id of the key that signed it
 * @param content what is signed: a character for each byte
 * @param signature in base64
 */
public record EvidenceSignature(String object, String signedBy, String content, String signature) {
    /** A signature makes a document longer by fewer bytes. */
    static final int MAX_BYTES = 1 << 10;

    /** The end of a document that is signed, before its SHA-256. */
    private static final Pattern SIGNED = Pattern.compile(
            "(.*\n\"object\": \"([^\"\\\\]*)\",\n\"signedBy\": \"([0-9a-f]{16})\",\n)"
                    + "\"signature\": \"([A-Za-z0-9+/]{86}==)\",\n",
            Pattern.DOTALL);

    /** The same document, signed for its place. */
    static byte[] sign(byte[] document, ObjectKey object, SigningKey key) {
        String content = new String(ChecksummedJson.content(document), StandardCharsets.UTF_8) + "\"object\": \""
                + object + "\",\n\"signedBy\": \"" + key.publicKey().id() + "\",\n";
        return ChecksummedJson.write(
                content + "\"signature\": \"" + key.sign(content.getBytes(StandardCharsets.UTF_8)) + "\"}");
    }

    /** The signature of a document; empty if it has none, or one of another form. */
    static Optional<EvidenceSignature> of(byte[] document) {
        Matcher signed = SIGNED.matcher(new String(ChecksummedJson.content(document), StandardCharsets.ISO_8859_1));
        return signed.matches()
                ? Optional.of(new EvidenceSignature(signed.group(2), signed.group(3), signed.group(1), signed.group(4)))
                : Optional.empty();
    }

    /**
     * What is wrong with it.
     *
     * @param at the key of the document
     */
    Optional<String> problem(ObjectKey at, List<EvidenceKey> known) {
        Optional<EvidenceKey> key =
                known.stream().filter(each -> each.id().equals(signedBy)).findFirst();
        if (key.isEmpty()) {
            return Optional.of("is signed by an unknown key: " + signedBy);
        }
        if (!key.get().hasSigned(content.getBytes(StandardCharsets.ISO_8859_1), signature)) {
            return Optional.of("was changed: its signature is not of its content");
        }
        return object.equals(at.value())
                ? Optional.empty()
                : Optional.of("is at a wrong place: it was signed as '" + object + "'");
    }
}
