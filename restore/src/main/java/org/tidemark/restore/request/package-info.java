// SPDX-License-Identifier: Apache-2.0
/** What an operator asks of a restore, as values. It sees no other package of this module. */
package org.tidemark.restore.request;
