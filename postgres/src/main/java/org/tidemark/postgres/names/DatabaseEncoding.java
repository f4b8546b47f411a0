// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The encoding of a database's names. Immutable. */
record DatabaseEncoding(Charset charset) {
    /** In the order of {@code pg_enc} in src/include/mb/pg_wchar.h; SQL_ASCII and those that Java lacks are UTF-8. */
    private static final List<String> NAMES =
            List.of(("UTF-8 EUC-JP GB2312 EUC-KR x-EUC-TW UTF-8 UTF-8 UTF-8 ISO-8859-1"
                            + " ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-9 ISO-8859-10 ISO-8859-13 ISO-8859-14 ISO-8859-15"
                            + " ISO-8859-16 windows-1256 windows-1258 IBM866 x-windows-874 KOI8-R windows-1251 windows-1252"
                            + " ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 windows-1250 windows-1253 windows-1254 windows-1255"
                            + " windows-1257 KOI8-U")
                    .split(" "));

    /** The encoding with this number in pg_database; UTF-8 for an unknown number. */
    static DatabaseEncoding of(long number) {
        String name = number < NAMES.size() ? NAMES.get((int) number) : "UTF-8";
        return new DatabaseEncoding(Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8);
    }

    /** Decodes a name; as ISO-8859-1 if it is not valid in the encoding. */
    String decode(byte[] name) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(name)).toString();
        } catch (CharacterCodingException e) {
            return new String(name, StandardCharsets.ISO_8859_1);
        }
    }
}
