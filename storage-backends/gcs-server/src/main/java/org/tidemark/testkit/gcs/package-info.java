// SPDX-License-Identifier: Apache-2.0
/**
 * A server that speaks the JSON API of Google Cloud Storage over HTTP, written from Google's reference, on the HTTP
 * server of the JDK. It is not Google's, and nothing that passes against it has been run against Google.
 *
 * <p><b>Implemented</b>, atomically under concurrent writers:
 *
 * <ul>
 *   <li>objects: insert (media, multipart, resumable), get of metadata and of data (one range), list (prefix,
 *       delimiter, includeTrailingDelimiter, startOffset, endOffset, maxResults, pageToken), delete, patch, compose,
 *       rewrite (in one call); generations and metagenerations; {@code fields} on all of them
 *   <li>resumable sessions: 308 with Range, {@code bytes *}{@code /N} and {@code bytes *}{@code /*}, resent bytes, what
 *       is not a multiple of 256 KiB is not kept, 503 for an offset ahead of what is there, cancelling (499), 404 for
 *       an unknown session, 410 for one that is over; conditions are looked at when the object is made
 *   <li>conditions: ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch, ifMetagenerationNotMatch, those of
 *       sources, If-Match and If-None-Match on get: 412 and 304
 *   <li>crc32c and md5Hash, as properties and in x-goog-hash, compared with what came: 400
 *   <li>customer-supplied encryption keys (over HTTP, which Google refuses), kmsKeyName and storageClass (kept and
 *       told, without any effect), Object Retention Lock
 *   <li>buckets: insert with a name alone, get, list in one page, delete, testIamPermissions
 *   <li>batches of up to 100 calls; request bodies with Content-Encoding: gzip, which are unpacked
 *   <li>bearer tokens with the rights of predefined roles: 401 and 403
 * </ul>
 *
 * <p><b>Not implemented</b>, and answered with 400: every other path, parameter and x-goog- header; versions and soft
 * deletion, holds and retention policies of buckets, access control lists, notifications, HMAC keys, folders, moving,
 * bulk restore, object contexts, update and copy (patch and rewrite do it), watchAll, matchGlob, several ranges,
 * contentEncoding with transcoding, appendable objects, signed URLs, the XML and gRPC interfaces. Reasons that are not
 * in Google's reference: {@code notImplemented}. Of quotas (429), redirects and delays there are none.
 *
 * <p><b>Where the reference says nothing</b>, this was chosen: conditions are looked at before the right to replace an
 * object; a session whose object was refused is over; a composed object joins its bytes at once; generations are
 * microseconds and grow within a bucket.
 */
package org.tidemark.testkit.gcs;
