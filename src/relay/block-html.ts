/**
 * Made of `templates/block.mjml` by `npm run build:block`: MJML takes a tenth of a second and a hundred packages, neither of
 * which a mail has time for, nor a customer's program.
 */
export const BLOCK_HTML = `<table cellpadding="0" cellspacing="0" role="presentation" width="100%"
border="0" style="color:inherit;font-family:inherit;font-size:14px;
line-height:1.75;table-layout:auto;width:100%;border:none"><tr><td
height="16"></td></tr><tr><td style="border-left:3px solid #0a8275;
padding:4px 0 4px 16px;text-align:left"
>{{offer}}<br
><a href="{{url}}"
clicktracking=off style="color:#0a8275;font-weight:bold"
>{{url}}</a><br
><span style="font-size:12px;color:#757575"
>{{note}}</span></td></tr><tr
><td height="16"></td></tr></table>`;
