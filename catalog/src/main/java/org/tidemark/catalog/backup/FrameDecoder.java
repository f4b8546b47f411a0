// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.Frame.FramePart;

/** Gives back the data of a frame if, and only if, it is what was stored. */
final class FrameDecoder {
    private FrameDecoder() {}

    /**
     * @throws IOException if the checksum of the stored bytes, the size of the data, or the digest of a part differs
     */
    static byte[] decode(Codec codec, Frame frame, byte[] stored) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(stored);
        if (stored.length != frame.length() || (int) crc.getValue() != frame.crc32c()) {
            throw new IOException("the stored bytes do not match their checksum");
        }
        int size = frame.dataSize();
        byte[] data = codec.decompressFrame(stored, 0, stored.length, size);
        if (data.length != size) {
            throw new IOException("it holds " + data.length + " bytes instead of " + size);
        }
        MessageDigest digest = Sha256.newDigest();
        int offset = 0;
        for (FramePart part : frame.parts()) {
            digest.update(data, offset, part.size());
            offset += part.size();
            if (!Sha256.finish(digest).equals(part.sha256())) {
                throw new IOException(
                        "the part of '" + part.path() + "' from byte " + part.at() + " does not match its digest");
            }
        }
        return data;
    }
}
