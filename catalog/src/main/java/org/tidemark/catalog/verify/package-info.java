// SPDX-License-Identifier: Apache-2.0
/**
 * Verification: is every object there, as long as it was, with the bytes that it had; and does every backup have the
 * WAL that it needs. Where everything is asked for, there is no bit in a repository that is not compared with a digest.
 */
package org.tidemark.catalog.verify;
