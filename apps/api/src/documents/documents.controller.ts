import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DocumentLibrary } from '@puente/integrations';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Scopes } from '../auth/scopes.decorator';
import { NotAcceptableError } from '../http/http-errors';
import { negotiate } from '../http/negotiate';
import { documentPage, pagePolicy } from './document-page';
import { DocumentList, DocumentParams } from './documents.dto';

const FORMS = ['text/markdown', 'text/html'] as const;
type Form = (typeof FORMS)[number];

const SUFFIXES: Readonly<Record<string, Form>> = { '.md': 'text/markdown', '.html': 'text/html' };
const CONTENT = { schema: { type: 'string' }, example: '# INT-002: Amazon SNS' };

/** The integration documents, as they are in the repository: what auditors read and compare with what they see. */
@ApiTags('Audit')
@Scopes('audit', 'admin')
@Controller('v1/documents')
export class DocumentsController {
  constructor(private readonly library: DocumentLibrary) {}

  /** The integration document of every provider, by code. */
  @Get()
  @ApiOkResponse({ type: DocumentList })
  list(): z.output<typeof DocumentList.schema> {
    const items = this.library.documents.map(({ code, id, title, vendor, estado, multiTenant, updatedOn }) => ({
      ...{ code, id, title, vendor, estado, multi_tenant: multiTenant, updatedOn },
      links: { html: `/v1/documents/${id}.html`, markdown: `/v1/documents/${id}.md` },
    }));
    return { items };
  }

  /** One document, in Spanish: its Markdown, or a page for people, by `Accept` or by the end of the address. */
  @Get(':document')
  @ApiOkResponse({
    description: 'The document.',
    content: { 'text/markdown': CONTENT, 'text/html': { ...CONTENT, example: '<!doctype html>…' } },
  })
  read(
    @Param() { document }: DocumentParams,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const [, name = document, suffix = ''] = /^(.*)([.](?:md|html))$/.exec(document) ?? [];
    const form = SUFFIXES[suffix] ?? negotiate(accept, FORMS);
    const found = this.library.get(name);
    if (form === undefined) throw new NotAcceptableError(FORMS);
    void reply.header('vary', 'accept').header('content-type', `${form}; charset=utf-8`);
    if (form === 'text/markdown') return found.markdown;
    void reply.header('content-security-policy', pagePolicy()).header('referrer-policy', 'no-referrer');
    return documentPage(found);
  }
}
